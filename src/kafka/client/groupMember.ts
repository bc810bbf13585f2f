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
  let heardMs = clock.now()
  let crashes = 0
  let consumer: Kafkajs.Consumer

  const start = async (): Promise<void> => {
    consumer = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
      maxWaitTimeInMs: ROUND_MS,
      partitionAssigners: [stickyAssigner(kafkajs.AssignerProtocol, topic, () => owned)],
      // The client gives up at errors that pass, such as a coordinator that is being elected: see below.
      retry: { retries: 3, initialRetryTime: 200, restartOnFailure: async () => false },
    })
    const started = consumer
    const { HEARTBEAT, REBALANCING, GROUP_JOIN, CRASH } = started.events
    let isJoining = false
    started.on(HEARTBEAT, () => {
      heardMs = clock.now()
      if (!isJoining) return
      // A coordinator that was away for a moment: joining anew failed, and the client goes on as the member it was.
      isJoining = false
      options.onAssigned(owned)
    })
    started.on(REBALANCING, () => {
      isJoining = true
      options.onRevoked()
    })
    started.on(GROUP_JOIN, ({ payload }) => {
      isJoining = false
      heardMs = clock.now()
      crashes = 0
      started.pause([{ topic }])
      owned = payload.memberAssignment[topic] ?? []
      options.onAssigned(owned)
    })
    started.on(CRASH, ({ payload }) => void restart(payload.error))
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

  const restart = async (cause: unknown): Promise<void> => {
    options.onRevoked()
    if (!passes(cause) || clock.now() - heardMs > retryMs) return options.onLost(cause)
    crashes++
    await clock.sleep(backoffMs(crashes), leaving.signal)
    if (leaving.signal.aborted) return
    await start().catch(restart)
  }

  await start()
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
