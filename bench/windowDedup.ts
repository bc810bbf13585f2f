/**
 * How fast windowDedup decides with many keys in its window, beside a plain `Set<string>`.
 *
 *   node bench/windowDedup.ts [--keys 20000000] [--side bounded|unbounded|set] [--json]
 *
 * Every tenth record repeats an earlier one; the repeats are counted and must match. Each side runs in a
 * process of its own, so that RSS is its own. Timed are the fingerprints, the decisions and a snapshot
 * each 500,000 records; making the keys is not.
 */
import { parseArgs } from 'node:util'
import { fingerprint } from '../src/core/fingerprint.ts'
import { days } from '../src/core/durations.ts'
import type { KeyBatch } from '../src/core/unit.ts'
import { windowDedup } from '../src/operators/windowDedup.ts'
import { reportSelf, runApart } from './harness/runApart.ts'

const BATCH = 4096
const SNAPSHOT_EACH = 500_000
const REPEAT_EACH = 10
/** What is alive is measured, and a plain Set of so many keys is more than V8 allows itself. */
const NODE = ['--expose-gc', '--max-old-space-size=16384']
/** V8's limit of one Set. */
const SET_LIMIT = 2 ** 24 - 1

interface Contestant {
  /** How many of the first `count` keys are repeats. */
  decide(keys: readonly string[], times: Float64Array, count: number): number
  snapshot(): Promise<void>
  /** Bytes that it knows of itself. */
  bytes(): number
}

interface Result {
  readonly side: string
  readonly records: number
  readonly seconds: number
  /** Of the processor: what is left when the machine is shared. */
  readonly cpuSeconds: number
  readonly repeats: number
  readonly planted: number
  readonly bytes: number
  readonly rss: number
}

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '20000000' },
    side: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const keyCount = Number(values.keys)

if (values.side !== undefined) {
  reportSelf(await measure(values.side))
} else {
  const results = ['bounded', 'unbounded', 'set'].map((side) => {
    const args = ['--side', side, '--keys', values.keys]
    return runApart<Result>(import.meta.filename, args, NODE).answer
  })
  const plain = results.at(-1)!
  if (values.json) console.log(JSON.stringify(results))
  else for (const result of results) report(result, plain)
  if (results.some(({ repeats, planted }) => repeats !== planted)) process.exitCode = 1
}

function report(
  { side, records, seconds, cpuSeconds, repeats, planted, bytes, rss }: Result,
  plain: Result,
) {
  const ratio = plain.cpuSeconds / cpuSeconds
  console.log(
    [
      side.padEnd(10),
      `${(records / seconds / 1e6).toFixed(2)} M records/s`,
      `${((seconds * 1e9) / records).toFixed(0)} ns a record (${((cpuSeconds * 1e9) / records).toFixed(0)} of CPU)`,
      `${(bytes / keyCount).toFixed(1)} bytes a key`,
      `RSS ${(rss / 2 ** 20).toFixed(0)} MiB (${(rss / keyCount).toFixed(1)} a key)`,
      `repeats ${repeats} of ${planted}`,
      `${ratio.toFixed(2)} × Set by CPU`,
    ].join('  '),
  )
}

async function measure(side: string): Promise<Result> {
  const contestant = side === 'set' ? sets() : dedup(side === 'bounded' ? days(1) : Infinity)
  const stepMs = days(0.9) / keyCount
  const keys = new Array<string>(BATCH).fill('')
  const times = new Float64Array(BATCH)
  const before = process.memoryUsage().rss
  const draw = generator()
  let fresh = 0
  let records = 0
  let repeats = 0
  let planted = 0
  let elapsed = 0
  let cpu = 0
  let sinceSnapshot = 0

  while (fresh < keyCount) {
    let count = 0
    for (; count < BATCH && fresh < keyCount; count++) {
      const repeat = (records + count) % REPEAT_EACH === REPEAT_EACH - 1
      const number = repeat ? Math.floor(draw() * fresh) : fresh++
      if (repeat) planted++
      keys[count] = keyOf(number)
      times[count] = number * stepMs
    }
    const start = performance.now()
    const cpuStart = process.cpuUsage()
    repeats += contestant.decide(keys, times, count)
    if ((sinceSnapshot += count) >= SNAPSHOT_EACH) {
      await contestant.snapshot()
      sinceSnapshot = 0
    }
    elapsed += performance.now() - start
    const { user, system } = process.cpuUsage(cpuStart)
    cpu += user + system
    records += count
  }
  globalThis.gc?.()
  const rss = process.memoryUsage().rss - before
  return {
    side,
    records,
    seconds: elapsed / 1000,
    cpuSeconds: cpu / 1e6,
    repeats,
    planted,
    bytes: contestant.bytes() || rss,
    rss,
  }
}

function dedup(windowMs: number): Contestant {
  const operator = windowDedup<string>({ key: (id) => id, eventTime: () => 0, windowMs })
  const clock = { now: () => 0, sleep: () => Promise.resolve() }
  const selector = operator.open({ node: 'dedup', clock })
  const fingerprints = new Uint32Array(BATCH * 4)
  let snapshots = 0
  return {
    decide(keys, eventTimesMs, count) {
      for (let i = 0; i < count; i++) fingerprint(keys[i]!, fingerprints, i * 4)
      const batch: KeyBatch = { count, fingerprints, eventTimesMs, partition: 0, ingestedAtMs: 0 }
      const fates = selector.select(batch)
      let repeats = 0
      for (let i = 0; i < count; i++) if (fates[i] !== 0) repeats++
      return repeats
    },
    async snapshot() {
      const { add } = await selector.snapshot()
      selector.added(add.map((_, index) => `${++snapshots}-${index}`))
    },
    bytes: () => selector.size().bytes,
  }
}

function sets(): Contestant {
  const all = [new Set<string>()]
  return {
    decide(keys, _times, count) {
      let repeats = 0
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        if (all.some((set) => set.has(key))) repeats++
        else {
          if (all.at(-1)!.size === SET_LIMIT) all.push(new Set())
          all.at(-1)!.add(key)
        }
      }
      return repeats
    },
    snapshot: async () => {},
    bytes: () => 0,
  }
}

/** Nineteen digits, like the ids of posts. */
function keyOf(number: number): string {
  return (1_000_000_000_000_000_000n + BigInt(number) * 7919n).toString()
}

/** xorshift32: the same repeats in every run. */
function generator(): () => number {
  let state = 88675123
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
