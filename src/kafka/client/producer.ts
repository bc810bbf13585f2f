import type * as Kafkajs from 'kafkajs'
import type { KafkaCaller, KafkaProducer, ProducerOptions } from '../kafkaPort.ts'
import { retrying } from '../retrying.ts'
import { atMost, CLOSE_MS } from './atMost.ts'

const ALL_IN_SYNC = -1
/** The client's own retries end when no broker is left: ours go on. */
const RETRY = { retries: 3, initialRetryTime: 200 }

/**
 * An idempotent producer. Which partition a record goes to is settled before the first try: a retry that
 * chose anew would send other records under sequence numbers that the broker has already seen, and the
 * broker would drop them as repeats.
 */
export async function openProducer(
  kafkajs: typeof Kafkajs,
  kafka: Kafkajs.Kafka,
  { clock }: KafkaCaller,
  { topic, compression, retryMs, asError }: ProducerOptions,
): Promise<KafkaProducer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => (args) => args.message.partition!,
    retry: RETRY,
  })
  const choose = kafkajs.Partitioners.DefaultPartitioner()
  await producer.connect()
  const partitionMetadata = await partitionsOf(kafka, topic)
  return {
    async send(records, over) {
      const messages = records.map((message) => ({
        ...message,
        partition: choose({ topic, partitionMetadata, message }),
      }))
      await retrying({ clock, signal: over, forMs: retryMs, asError }, () =>
        producer.sendBatch({
          acks: ALL_IN_SYNC,
          compression: kafkajs.CompressionTypes[CODECS[compression]],
          topicMessages: [{ topic, messages }],
        }),
      )
    },
    close: () => atMost(clock, CLOSE_MS, producer.disconnect()),
  }
}

const CODECS = { none: 'None', gzip: 'GZIP', zstd: 'ZSTD' } as const

async function partitionsOf(
  kafka: Kafkajs.Kafka,
  topic: string,
): Promise<Kafkajs.PartitionMetadata[]> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]!.partitions
  } finally {
    await admin.disconnect()
  }
}
