import { ConfigError } from '../core/errors.ts'
import type { Rejected, Source } from '../core/unit.ts'
import {
  checkConnection,
  checkTopic,
  checkWhole,
  describeConnection,
  kafkaOptions,
  topicName,
} from '../kafka/connection.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { StartFrom } from './kafka/partitionGroup.ts'

export interface KafkaSourceOptions extends KafkaConnection {
  readonly topic: string
  /**
   * The consumer group: processes with the same one share the partitions, so it must be one of a single
   * lake. @defaultValue `sluicebox-<topology>-<id of the lake>`
   */
  readonly groupId?: string
  /**
   * Where a partition without a checkpoint is begun: `latest` is the end when it is opened, a timestamp
   * the first record at or after it (by Kafka's own record time). @defaultValue 'earliest'
   */
  readonly from?: StartFrom
  /** What may wait in memory to be read, of all partitions of a process together, bytes. @defaultValue 8 MiB */
  readonly maxQueuedBytes?: number
  /** Longer values are rejected, bytes. @defaultValue 16 MiB */
  readonly maxRecordBytes?: number
  /** After how long a process that is silent loses its partitions to the others, ms. @defaultValue 10000 */
  readonly sessionTimeoutMs?: number
  /** Creates the topic with so many partitions where there is none. @defaultValue a missing topic is an error */
  readonly createPartitions?: number
}

const MIB = 1024 * 1024
const MAX_QUEUED_BYTES = 8 * MIB
const MAX_RECORD_BYTES = 16 * MIB
const SESSION_MS = 10_000

/**
 * Reads the values of a Kafka topic, as the bytes they are; each partition is a task of its own. Processes
 * of one lake share the partitions, and take over from one that ended.
 *
 * Values packed with gzip, Snappy, LZ4 or zstd are unpacked. Null values (tombstones) come as empty
 * records; they, and values with headers, reach `rawFiles` with all that belongs to them. Of
 * transactions only what was committed is read. Values over `maxRecordBytes` are on the port `rejected`
 * as `too_large`. In a micro-batch a partition ends where it ended when the group was joined.
 *
 * **State:** the next offset of each partition, and up to `maxQueuedBytes` that wait to be read.
 *
 * **Delivery:** exactly once by the position in the checkpoint. The group's committed offsets are
 * written for lag monitors, and never read.
 *
 * Needs Kafka 2.1 or later and the package kafkajs.
 *
 * @throws ConfigError `SBX_KAFKA_OPTIONS`, `SBX_MISSING_PEER`
 * @throws SourceError `SBX_KAFKA_TOPIC_MISSING`, `SBX_KAFKA_UNREACHABLE`, `SBX_KAFKA_AUTH`,
 * `SBX_KAFKA_DENIED`; `SBX_KAFKA_OFFSET_RANGE`: the next offset is not there; `SBX_KAFKA_PARTITIONS`: their
 * number has changed; `SBX_KAFKA_TOPIC_CHANGED`: the topic was made anew; `SBX_KAFKA_UNREADABLE`; `SBX_KAFKA_REVOKED`: read on after a rebalance;
 * `SBX_KAFKA_FAILED`
 * @throws CheckpointError `SBX_KAFKA_POSITION`
 *
 * @example
 * ```ts
 * const tweets = flow.source(
 *   'tweets',
 *   kafkaSource({ brokers: 'localhost:9092', topic: 'tweets', groupId: 'tweet-lake' }),
 * )
 * ```
 */
export function kafkaSource(
  options: KafkaSourceOptions,
): Source<Uint8Array, { rejected: Rejected }> {
  const { topic, groupId, from = 'earliest', createPartitions } = options
  const { maxQueuedBytes = MAX_QUEUED_BYTES, maxRecordBytes = MAX_RECORD_BYTES } = options
  const { sessionTimeoutMs = SESSION_MS } = options
  checkConnection('kafkaSource', options)
  checkTopic('kafkaSource', topic)
  checkWhole('kafkaSource', {
    maxQueuedBytes,
    maxRecordBytes,
    sessionTimeoutMs,
    createPartitions,
  })
  if (groupId === '') throw kafkaOptions('kafkaSource', 'groupId is empty; name the consumer group')
  checkFrom(from)
  const identity = { kind: 'kafka', topic }

  return Object.freeze({
    kind: 'source' as const,
    type: 'kafkaSource',
    options: {
      ...describeConnection(options),
      topic,
      groupId: groupId ?? null,
      from,
      maxQueuedBytes,
      maxRecordBytes,
      sessionTimeoutMs,
      createPartitions: createPartitions ?? null,
    },
    ports: ['rejected'],
    identity,
    readsFrom: topicName(options, topic),
    open: async ({ node }) => {
      throw new ConfigError('kafkaSource is read by partitions: join its group first', {
        code: 'SBX_KAFKA_OPTIONS',
        node,
      })
    },
    async *reread(range, context) {
      const { rereadPartition } = await import('./kafka/rereadPartition.ts')
      const limits = { maxQueuedBytes, maxRecordBytes }
      yield* rereadPartition({ connection: options, topic, ...limits }, range, context)
    },
    async join(context) {
      const { joinPartitions } = await import('./kafka/partitionGroup.ts')
      return joinPartitions(
        {
          connection: options,
          topic,
          groupId: groupId ?? `sluicebox-${context.topology}-${context.lineage}`,
          from,
          maxQueuedBytes,
          maxRecordBytes,
          sessionTimeoutMs,
          createPartitions,
          identity,
        },
        context,
      )
    },
  } satisfies Source<Uint8Array, { rejected: Rejected }>)
}

function checkFrom(from: StartFrom): void {
  if (from === 'earliest' || from === 'latest') return
  const at = 'offset' in from ? from.offset : from.timestampMs
  if (Number.isSafeInteger(at) && at >= 0) return
  throw kafkaOptions(
    'kafkaSource',
    `from is ${JSON.stringify(from)}; give 'earliest', 'latest', { offset } or { timestampMs }`,
  )
}
