import type * as Kafkajs from 'kafkajs'
import type { KafkaProducer, ProducerOptions } from '../kafkaPort.ts'

const ALL_IN_SYNC = -1
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 2_000

/**
 * An idempotent producer. Which partition a record goes to is settled before the first try: a retry that
 * chose anew would send other records under sequence numbers that the broker has already seen, and the
 * broker would drop them as repeats.
 */
export async function openProducer(
  kafkajs: typeof Kafkajs,
  kafka: Kafkajs.Kafka,
  { topic, compression, retryMs }: ProducerOptions,
): Promise<KafkaProducer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => (args) => args.message.partition!,
    retry: {
      initialRetryTime: FIRST_RETRY_MS,
      maxRetryTime: LONGEST_RETRY_MS,
      retries: Math.ceil(retryMs / LONGEST_RETRY_MS) + 3,
    },
  })
  const choose = kafkajs.Partitioners.DefaultPartitioner()
  await producer.connect()
  const partitions = await partitionsOf(kafka, topic)
  return {
    async send(records) {
      const messages = records.map((record) => ({
        ...record,
        partition: choose({ topic, partitionMetadata: partitions, message: record }),
      }))
      await producer.sendBatch({
        acks: ALL_IN_SYNC,
        compression: kafkajs.CompressionTypes[CODECS[compression]],
        topicMessages: [{ topic, messages }],
      })
    },
    close: () => producer.disconnect(),
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
