import type { Envelope, Sink } from '../core/unit.ts'
import {
  checkConnection,
  checkTopic,
  checkWhole,
  describeConnection,
  kafkaOptions,
  topicName,
} from '../kafka/connection.ts'
import type { KafkaConnection } from '../kafka/connection.ts'
import type { KafkaCompression } from '../kafka/kafkaPort.ts'

/** What Kafka keeps: bytes, text as UTF-8, or null for a tombstone. */
export type KafkaBytes = Uint8Array | string | null

export interface KafkaSinkOptions<Row> extends KafkaConnection {
  readonly topic: string
  /** Records with one key go to one partition, as with Kafka's own clients; null: to each in turn. */
  readonly key: (record: Row, envelope: Envelope) => KafkaBytes
  /** @defaultValue bytes and text as they are, anything else as JSON */
  readonly value?: (record: Row, envelope: Envelope) => KafkaBytes
  /** @defaultValue none */
  readonly headers?: (
    record: Row,
    envelope: Envelope,
  ) => Readonly<Record<string, Uint8Array | string>>
  /** @defaultValue 'none' */
  readonly compression?: KafkaCompression
  /**
   * What is sent at once, bytes. All of it may belong to one partition: keep it below the brokers'
   * message.max.bytes. @defaultValue 768 KiB
   */
  readonly maxBatchBytes?: number
  /** Creates the topic with so many partitions where there is none. @defaultValue a missing topic is an error */
  readonly createPartitions?: number
}

const MAX_BATCH_BYTES = 768 * 1024
const COMPRESSIONS: readonly KafkaCompression[] = ['none', 'gzip', 'zstd']

/**
 * Writes every record to a Kafka topic.
 *
 * **State:** up to `maxBatchBytes`, and the batch before.
 *
 * **Delivery:** at least once. Records are sent by an idempotent producer and acknowledged by all in-sync
 * replicas before their epoch is committed, but the topic is no part of that commit: readers see them at
 * once, and after a crash the records of the open epoch are sent again. Let the reader drop repeats
 * (`windowDedup`). Right at a source, records of one key stay in order; behind operators, on several threads, they may not.
 *
 * Needs the package kafkajs.
 *
 * @throws ConfigError `SBX_KAFKA_OPTIONS`, `SBX_MISSING_PEER`
 * @throws SinkError `SBX_KAFKA_TOPIC_MISSING`, `SBX_KAFKA_UNREACHABLE`, `SBX_KAFKA_AUTH`,
 * `SBX_KAFKA_DENIED`, `SBX_KAFKA_MESSAGE_TOO_LARGE`, `SBX_KAFKA_FAILED`
 *
 * @example
 * ```ts
 * posts.to('export', kafkaSink({ brokers: 'localhost:9092', topic: 'posts', key: (post) => post.id }))
 * ```
 */
export function kafkaSink<Row>(options: KafkaSinkOptions<Row>): Sink<Row> {
  const { topic, compression = 'none', maxBatchBytes = MAX_BATCH_BYTES, createPartitions } = options
  checkConnection('kafkaSink', options)
  checkTopic('kafkaSink', topic)
  checkWhole('kafkaSink', { maxBatchBytes, createPartitions })
  if (!COMPRESSIONS.includes(compression)) {
    throw kafkaOptions(
      'kafkaSink',
      `compression is '${compression}'; give ${COMPRESSIONS.join(', ')}`,
    )
  }
  return Object.freeze<Sink<Row>>({
    kind: 'sink',
    type: 'kafkaSink',
    options: {
      ...describeConnection(options),
      topic,
      compression,
      maxBatchBytes,
      createPartitions: createPartitions ?? null,
    },
    rank: 'silver',
    writesTo: topicName(options, topic),
    async openWriter(context) {
      const { kafkaWriter } = await import('./kafka/kafkaWriter.ts')
      return kafkaWriter({ ...options, compression, maxBatchBytes }, context)
    },
    async openBatchWriter(context) {
      const [{ kafkaWriter }, { kafkaBatches }] = await Promise.all([
        import('./kafka/kafkaWriter.ts'),
        import('./kafka/kafkaBatches.ts'),
      ])
      return kafkaBatches(kafkaWriter({ ...options, compression, maxBatchBytes }, context))
    },
    openPublisher: async () => ({
      publish: async () => ({}),
      discard: async () => {},
      clean: async () => 0,
    }),
  })
}
