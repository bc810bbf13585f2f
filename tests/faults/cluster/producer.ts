import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { twitter } from '../../../topologies/simulators/twitter.ts'

const BATCH = 200

/** Writes simulated tweets to a topic until it is told to stop. */
export interface Producing {
  /** Records that are acknowledged. */
  readonly count: number
  stop(): Promise<void>
}

/** What the records of a topic must become. */
export interface Expected {
  /** Values as they came, a character a byte, as a multiset: what Bronze must hold. */
  readonly values: ReadonlyMap<string, number>
  readonly silver: ReadonlySet<string>
  readonly quarantined: number
}

/** @param perSecond - about how many records */
export async function produce(
  brokers: string,
  topic: string,
  seed: number,
  perSecond: number,
): Promise<Producing> {
  const client = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const open = async (): Promise<kafkajs.Producer> => {
    const opened = client.producer({
      retry: { retries: 3 },
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await opened.connect()
    return opened
  }
  let producer = await open()
  const record = twitter(seed)
  let count = 0
  let isOver = false
  const loop = async (): Promise<void> => {
    while (!isOver) {
      const startedMs = Date.now()
      const messages = Array.from({ length: BATCH }, (_, n) => {
        const { raw } = record(count + n)
        return { key: keyOf(raw), value: raw }
      })
      try {
        await producer.send({ topic, messages, acks: -1 })
        count += BATCH
      } catch {
        // While there is no broker. What is in the topic twice must be in the lake twice: nothing is wrong then.
        await producer.disconnect().catch(() => {})
        producer = await open().catch(() => producer)
      }
      await delay(Math.max(0, (BATCH / perSecond) * 1000 - (Date.now() - startedMs)))
    }
  }
  const done = loop()
  done.catch(() => {})
  return {
    get count() {
      return count
    },
    async stop() {
      isOver = true
      await done
      await producer.disconnect()
    },
  }
}

/** Reads a topic from its beginning to its end, with the plain client, and works out what must become of it. */
export async function expectedOf(
  brokers: string,
  topic: string,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<Expected> {
  const client = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  let left = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
  const values = new Map<string, number>()
  const consumer = client.consumer({ groupId: `expected-${crypto.randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    if (left === 0) resolve()
    consumer
      .run({
        eachMessage: async ({ message }) => {
          const value = message.value!.toString('latin1')
          values.set(value, (values.get(value) ?? 0) + 1)
          if (--left === 0) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()

  const record = twitter(seed)
  const silver = new Set<string>()
  const malformed = new Set<string>()
  for (let index = 0; index < count; index++) {
    const { raw: text, fate } = record(index)
    const raw = Buffer.from(text).toString('latin1')
    if (!values.has(raw)) throw new Error(`record ${index} of seed ${seed} is not in the topic`)
    if (fate === 'written') silver.add(keyOf(text)!)
    else if (fate !== 'duplicate') malformed.add(raw)
  }
  const quarantined = [...malformed].reduce((sum, raw) => sum + values.get(raw)!, 0)
  return { values, silver, quarantined }
}

function keyOf(raw: string): string | null {
  try {
    const { id } = JSON.parse(raw) as { id?: unknown }
    return typeof id === 'string' && id !== '' ? id : null
  } catch {
    return null
  }
}
