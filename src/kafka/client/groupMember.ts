import type * as Kafkajs from 'kafkajs'
import type { GroupMember, GroupOptions, KafkaCaller } from '../kafkaPort.ts'
import { stickyAssigner } from './stickyAssigner.ts'

/** The coordinator lets a rebalance take this long, ms: whoever has not come back by then is out. */
const REBALANCE_MS = 10_000
const HEARTBEAT_MS = 1_000
/** How often the idle fetch loop comes by to send a heartbeat, ms. */
const ROUND_MS = 250
const RETRY = { retries: 3, initialRetryTime: 200 }
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
  let owned: readonly number[] = []
  let heardMs = clock.now()
  let isLeaving = false

  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
    maxWaitTimeInMs: ROUND_MS,
    partitionAssigners: [stickyAssigner(kafkajs.AssignerProtocol, topic, () => owned)],
    retry: { ...RETRY, restartOnFailure: async () => clock.now() - heardMs < retryMs },
  })
  const { HEARTBEAT, REBALANCING, GROUP_JOIN, CRASH } = consumer.events
  consumer.on(HEARTBEAT, () => {
    heardMs = clock.now()
  })
  consumer.on(REBALANCING, () => options.onRevoked())
  consumer.on(GROUP_JOIN, ({ payload }) => {
    heardMs = clock.now()
    consumer.pause([{ topic }])
    owned = payload.memberAssignment[topic] ?? []
    options.onAssigned(owned)
  })
  consumer.on(CRASH, ({ payload }) => {
    options.onRevoked()
    if (!payload.restart && !isLeaving) options.onLost(payload.error)
  })

  await consumer.connect()
  await consumer.subscribe({ topic })
  await consumer.run({
    autoCommit: false,
    eachBatch: async () => {
      throw new TypeError('a paused partition was read')
    },
  })
  return {
    async commit(offsets) {
      await consumer.commitOffsets(
        [...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      )
    },
    async leave() {
      isLeaving = true
      await Promise.race([consumer.disconnect(), clock.sleep(LEAVE_MS)])
    },
  }
}
