import type * as Kafkajs from 'kafkajs'
import { passes } from '../kafkaError.ts'
import type { GroupMember, GroupOptions, KafkaCaller } from '../kafkaPort.ts'
import { backoffMs } from '../retrying.ts'
import { atMost } from './atMost.ts'
import { stickyAssigner } from './stickyAssigner.ts'

/** The coordinator lets a rebalance take this long, ms: whoever has not come back by then is out. */
const REBALANCE_MS = 10_000
const HEARTBEAT_MS = 1_000
/** How often the idle fetch loop comes by to send a heartbeat, ms. */
const ROUND_MS = 250
/** Leaving is a courtesy to the others: a coordinator that is gone can't be told, ms. */
const LEAVE_MS = 5_000

/**
 * Joins a consumer group and keeps its heartbeats going. All partitions are paused for good: what they
 * hold is fetched elsewhere, so nothing that reads can hold back a heartbeat.
 */
export async function joinGroup(
  kafkajs: typeof Kafkajs,
  kafka: Kafkajs.Kafka,
  { clock }: KafkaCaller,
  options: GroupOptions,
): Promise<GroupMember> {
  const { topic, groupId, sessionTimeoutMs, retryMs } = options
  const leaving = new AbortController()
  let owned: readonly number[] = []
  /** Whether what it owns may be read: not while it joins. */
  let isAssigned = false
  let heardMs = clock.now()
  /** Since it was a member. */
  let crashes = 0
  let crashedMs = 0
  let consumer: Kafkajs.Consumer

  const assign = (): void => {
    isAssigned = true
    options.onAssigned(owned)
  }
  const revoke = (): void => {
    if (isAssigned) options.onRevoked()
    isAssigned = false
  }
  const silentMs = (): number => clock.now() - heardMs
  /** Whoever was not heard for so long is dropped: a client that waits for an answer says nothing of it. */
  const watch = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      await clock.sleep(sessionTimeoutMs / 4, leaving.signal)
      if (silentMs() > sessionTimeoutMs) revoke()
    }
  }

  const start = async (): Promise<void> => {
    consumer = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
      maxWaitTimeInMs: ROUND_MS,
      partitionAssigners: [
        stickyAssigner(kafkajs.AssignerProtocol, topic, () => {
          // It joins, for whatever reason.
          revoke()
          return owned
        }),
      ],
      // The client gives up at errors that pass, such as a coordinator that is being elected: see below.
      retry: { retries: 3, initialRetryTime: 200, restartOnFailure: async () => false },
    })
    const started = consumer
    const { HEARTBEAT, REBALANCING, GROUP_JOIN, FETCH_START, CRASH } = started.events
    let isOver = false
    /** Of the group when this member was assigned what it has; unknown until the first heartbeat. */
    let generation: number | undefined
    /** The client goes on where it is no member, or one that was told nothing, and does not say so. */
    const joinAnew = (why: string): void => {
      isOver = true
      void restart(Object.assign(new Error(why), { retriable: true }), started)
    }
    started.on(HEARTBEAT, ({ payload }) => {
      if (isOver) return
      heardMs = clock.now()
      if (isAssigned) generation = payload.groupGenerationId
      // A coordinator that was away for a moment: joining anew failed, and the client goes on as the member it was.
      else if (payload.groupGenerationId === generation) assign()
      else joinAnew('the group has changed, and did not say which partitions are whose')
    })
    started.on(REBALANCING, revoke)
    started.on(GROUP_JOIN, ({ payload }) => {
      if (isOver) return
      generation = undefined
      heardMs = clock.now()
      crashes = 0
      started.pause([{ topic }])
      owned = payload.memberAssignment[topic] ?? []
      assign()
    })
    started.on(FETCH_START, () => {
      if (isOver || silentMs() <= sessionTimeoutMs) return
      joinAnew(`the coordinator took no heartbeat for ${silentMs()} ms`)
    })
    started.on(CRASH, ({ payload }) => {
      if (!isOver) void restart(payload.error)
    })
    try {
      await started.connect()
      await started.subscribe({ topic })
      await started.run({
        autoCommit: false,
        eachBatch: async () => {
          throw new TypeError('a paused partition was read')
        },
      })
    } catch (error) {
      await started.disconnect().catch(() => {})
      throw error
    }
    if (leaving.signal.aborted) await started.disconnect()
  }

  const restart = async (cause: unknown, left?: Kafkajs.Consumer): Promise<void> => {
    revoke()
    if (left !== undefined) await atMost(clock, LEAVE_MS, left.disconnect())
    // Not since it was heard: a process that was stopped for long has tried nothing yet.
    if (crashes++ === 0) crashedMs = clock.now()
    if (!passes(cause) || clock.now() - crashedMs > retryMs) return options.onLost(cause)
    await clock.sleep(backoffMs(crashes), leaving.signal)
    if (leaving.signal.aborted) return
    await start().catch((error: unknown) => restart(error))
  }

  await start()
  void watch()
  return {
    async commit(offsets) {
      await consumer.commitOffsets(
        [...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      )
    },
    async leave() {
      leaving.abort()
      await atMost(clock, LEAVE_MS, consumer.disconnect())
    },
  }
}
