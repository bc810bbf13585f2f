/**
 * The way from a Kafka topic to Bronze and Silver, beside a bare kafkajs `eachBatch` loop that only counts.
 *
 *   node bench/kafkaToSilver.ts [--tweets 1000000] [--rounds 3] [--threads 2] [--json]
 *
 * The broker is a real one on the same cores, its topic has 4 partitions and is filled once. Ours: read,
 * keep the raw values, decode, validate, map, drop repeats, write zstd Parquet in a Delta table, quarantine,
 * commit every 5 s. Each run is a process of its own, timed from its start to its end; the sides take turns,
 * and the best of the rounds counts. What bounds us is said by the ratio: the loop is what the client can do.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKafka } from '../scripts/services/startKafka.ts'
import { least, median } from './harness/figures.ts'
import { reportSelf, runApart, takeTurns } from './harness/runApart.ts'

const MIB = 2 ** 20
const BATCH = 2000
const SEED = 1

type Side = 'sluicebox' | 'eachBatch'

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    side: { type: 'string' },
    brokers: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const tweets = Number(values.tweets)

if (values.side !== undefined) await runSide(values.side as Side, values.brokers!)
else await compare()

async function compare(): Promise<void> {
  const server = await startKafka({ heapMib: 1024 })
  try {
    await fill(server.brokers)
    const sides: readonly Side[] = ['sluicebox', 'eachBatch']
    const rounds = takeTurns(sides, Number(values.rounds), (side) => {
      const args = ['--side', side, '--brokers', server.brokers, '--threads', values.threads]
      return runApart<number>(import.meta.filename, [...args, '--tweets', values.tweets])
    })
    const best = least(rounds.eachBatch.map(({ seconds }) => seconds))
    for (const [side, runs] of Object.entries(rounds)) {
      const all = runs.map((run) => run.seconds)
      const seconds = least(all)
      const wrong = runs.find(({ answer }) => answer !== tweets)
      if (wrong !== undefined) throw new Error(`${side} read ${wrong.answer} records`)
      if (values.json) continue
      console.log(
        [
          side.padEnd(10),
          `${(tweets / seconds / 1000).toFixed(0)}k records/s`,
          `${seconds.toFixed(2)} s (median ${median(all).toFixed(2)})`,
          `${least(runs.map((run) => run.cpuSeconds)).toFixed(2)} CPU s`,
          `peak RSS ${(Math.max(...runs.map(({ rss }) => rss)) / MIB).toFixed(0)} MiB`,
          `${(best / seconds).toFixed(2)} × the loop`,
        ].join('  '),
      )
    }
    if (values.json) console.log(JSON.stringify({ records: tweets, sides: rounds }))
  } finally {
    await server.stop()
  }
}

async function fill(brokers: string): Promise<void> {
  const { default: kafkajs } = await import('kafkajs')
  const { twitter } = await import('../topologies/simulators/twitter.ts')
  const client = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'tweets', numPartitions: 4 }] })
  await admin.disconnect()
  const producer = client.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const record = twitter(SEED)
  for (let at = 0; at < tweets; at += BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, tweets - at) }, (_, n) => {
      const { raw } = record(at + n)
      return { key: /"id":"(\d+)"/.exec(raw)?.[1] ?? null, value: raw }
    })
    await producer.send({ topic: 'tweets', messages, acks: -1 })
  }
  await producer.disconnect()
}

async function runSide(side: Side, brokers: string): Promise<void> {
  const read = await (side === 'eachBatch' ? eachBatch(brokers) : sluicebox(brokers))
  reportSelf(read)
}

async function sluicebox(brokers: string): Promise<number> {
  // As the platform's own start does.
  enableCompileCache()
  const lake = await mkdtemp(join(tmpdir(), 'bench-kafka-'))
  try {
    const [{ run }, { tweetLake }] = await Promise.all([
      import('../src/index.ts'),
      import('./kafkaToSilver/tweetLake.ts'),
    ])
    const { tasks } = await run(tweetLake, {
      module: import.meta.resolve('./kafkaToSilver/tweetLake.ts'),
      settings: { lake, brokers },
      parallelism: Number(values.threads),
    }).done
    return tasks.reduce((sum, { ledger }) => sum + (ledger['twitter']?.in ?? 0), 0)
  } finally {
    await rm(lake, { recursive: true })
  }
}

async function eachBatch(brokers: string): Promise<number> {
  const { default: kafkajs } = await import('kafkajs')
  const client = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
  const consumer = client.consumer({ groupId: `loop-${crypto.randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic: 'tweets', fromBeginning: true })
  let read = 0
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        partitionsConsumedConcurrently: 4,
        eachBatch: async ({ batch }) => {
          read += batch.messages.length
          if (read >= tweets) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return read
}
