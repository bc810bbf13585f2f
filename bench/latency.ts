/**
 * How long a record takes from its producer to a row of Silver that readers see.
 *
 *   node bench/latency.ts [--rate 1000] [--epoch 5000] [--seconds 60] [--threads 1] [--json]
 *
 * A producer sends tweets to a real broker at a steady rate; the platform runs in streaming mode beside it. A
 * row is visible when the entry of the Delta log that adds its file is there; that is looked for every 10 ms.
 * The clock of a record starts when it is handed to the client. What bounds the figure is printed beside it: the
 * epoch, which a row waits for, half of it on average, and what a bare kafkajs loop needs to be handed the same
 * records in the same run.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import kafkajs from 'kafkajs'
import { startKafka } from '../scripts/services/startKafka.ts'
import { start } from '../tests/contract/platform.ts'
import { twitter } from '../topologies/simulators/twitter.ts'

const LOOK_MS = 10
const TICK_MS = 20
const SEED = 3
const PERCENTS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100]

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    epoch: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const rate = Number(values.rate)
const forMs = Number(values.seconds) * 1000

const folder = await mkdtemp(join(tmpdir(), 'bench-latency-'))
const [lake, landing] = [join(folder, 'lake'), join(folder, 'landing')]
await mkdir(landing)
const server = await startKafka({ heapMib: 512 })
const life = start(
  [
    ...['--lake', lake, '--landing', landing, '--kafka', server.brokers, '--until', 'silver'],
    ...['--mode', 'streaming', '--epoch', values.epoch, '--parallelism', values.threads],
  ],
  { SLUICEBOX_LOG: 'info' },
)
try {
  // Every partition is read before the first record is sent: what is measured is not the start.
  for (const partition of [0, 1, 2, 3]) await life.saw(`"caught_up","task":"twitter-${partition}"`)
  const sentMs = new Map<string, number>()
  const bare = await listen(sentMs)
  const producing = produce(sentMs)
  const seen = await watch(sentMs, producing)
  await bare.stop()
  const percentilesOf = (latencies: readonly number[]) =>
    PERCENTS.map((percent) => ({ percent, ms: share(latencies, percent / 100) }))
  if (values.json) {
    const [epochMs, rows] = [Number(values.epoch), seen.length]
    const percentiles = percentilesOf(seen)
    const bareLoop = percentilesOf(bare.latencies)
    console.log(JSON.stringify({ rate, epochMs, rows, percentiles, bareLoop }))
  } else {
    console.log(`${rate} records/s, ${values.threads} thread(s), ${availableParallelism()} cores`)
    console.log(`bare kafkajs loop     ${figures(bare.latencies, sentMs.size)}`)
    console.log(`visible Silver row    ${figures(seen, sentMs.size)}`)
    console.log(`bound: the epoch, ${values.epoch} ms, and what the bare loop needs`)
  }
  if (seen.length < sentMs.size) process.exitCode = 1
} finally {
  life.kill('SIGTERM')
  await life.ended
  await server.stop()
  await rm(folder, { recursive: true })
}

/** What that share of them stays below, ms. */
function share(latencies: readonly number[], of: number): number {
  const sorted = Float64Array.from(latencies).sort()
  return sorted[Math.floor(of * (sorted.length - 1))] ?? NaN
}

/** @param ids - how many records there are to be seen */
function figures(latencies: readonly number[], ids: number): string {
  const at = (of: number): string => `${(share(latencies, of) / 1000).toFixed(2)} s`
  return `${latencies.length} of ${ids}  p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)}`
}

/** Reads the same topic with the plain client, and does nothing with it. */
async function listen(
  sentMs: ReadonlyMap<string, number>,
): Promise<{ readonly latencies: readonly number[]; stop(): Promise<void> }> {
  const client = new kafkajs.Kafka({ brokers: [server.brokers], logLevel: 0 })
  const consumer = client.consumer({ groupId: 'bare', maxWaitTimeInMs: 200 })
  const latencies: number[] = []
  await consumer.connect()
  await consumer.subscribe({ topic: 'tweets' })
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const nowMs = performance.now()
      for (const { key } of batch.messages) {
        const at = sentMs.get(String(key))
        if (at !== undefined) latencies.push(nowMs - at)
      }
    },
  })
  await joined
  return { latencies, stop: () => consumer.disconnect() }
}

/** Sends valid records at the rate, and notes when each id was handed over first. */
async function produce(sentMs: Map<string, number>): Promise<void> {
  const client = new kafkajs.Kafka({ brokers: [server.brokers], logLevel: 0 })
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const record = twitter(SEED)
  const startedMs = performance.now()
  const sending: Promise<unknown>[] = []
  let index = 0
  let sent = 0
  for (let now = startedMs; now - startedMs < forMs; now = performance.now()) {
    const messages: { key: string; value: string }[] = []
    for (const due = ((now - startedMs) / 1000) * rate; sent < due; index++) {
      const { raw, fate } = record(index)
      if (fate !== 'written') continue
      const { id } = JSON.parse(raw) as { readonly id: string }
      sentMs.set(id, performance.now())
      messages.push({ key: id, value: raw })
      sent++
    }
    if (messages.length > 0) sending.push(producer.send({ topic: 'tweets', messages, acks: -1 }))
    await delay(TICK_MS)
  }
  await Promise.all(sending)
  await producer.disconnect()
}

/** Follows the log of Silver until every id was seen, or nothing new came for a while. */
async function watch(
  sentMs: ReadonlyMap<string, number>,
  producing: Promise<void>,
): Promise<number[]> {
  const table = join(lake, 'silver/posts')
  const latencies: number[] = []
  const reading: Promise<void>[] = []
  let isOver = false
  void producing.then(() => (isOver = true))
  let idleSinceMs = performance.now()
  for (let version = 0; ;) {
    const name = join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`)
    const entry = await readFile(name, 'utf8').catch(() => undefined)
    if (entry === undefined) {
      const patienceMs = Number(values.epoch) * 4 + 10_000
      if (isOver && latencies.length >= sentMs.size) break
      if (isOver && performance.now() - idleSinceMs > patienceMs) break
      await delay(LOOK_MS)
      continue
    }
    const visibleMs = performance.now()
    idleSinceMs = visibleMs
    version++
    for (const line of entry.split('\n').filter((text) => text !== '')) {
      const { add } = JSON.parse(line) as { add?: { path: string; dataChange: boolean } }
      if (add === undefined || !add.dataChange) continue
      reading.push(note(join(table, decodeURIComponent(add.path)), visibleMs))
    }
  }
  await Promise.all(reading)
  await producing
  return latencies

  async function note(path: string, visibleMs: number): Promise<void> {
    const file = await asyncBufferFromFile(path)
    const rows = await parquetReadObjects({ file, columns: ['post_id'], compressors })
    for (const { post_id: id } of rows) {
      const at = sentMs.get(id as string)
      if (at !== undefined) latencies.push(visibleMs - at)
    }
  }
}
