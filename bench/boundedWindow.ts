/**
 * What memory a topology takes as its input grows: with a window of an hour, and remembering every key.
 *
 *   node bench/boundedWindow.ts [--events 1000000,10000000] [--threads 2] [--sides bounded,unbounded] [--json]
 *
 * Events come at five million a day of event time, as fast as they are read: ten million are two days. They
 * are decoded, validated, freed of repeats, and written to a Delta table; a commit each second, so that the smallest
 * run too is several epochs long, of which two overlap. What the window finds must be what was planted. Each run is a
 * process of its own. The peer is the same topology without a bound: its memory grows by the keys. The records are made
 * on the main thread, whose young generation V8 would let grow to 3 × 64 MB in the first seconds; it is kept at 3 × 8,
 * and glibc gives large buffers back, as docs/operating.md says.
 * `bench/memoryBudget.ts` runs the unbounded one with a `memory`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { reportSelf, runApart } from './harness/runApart.ts'
import { planted, type Planted } from './boundedWindow/eventLake.ts'

const MIB = 2 ** 20
const SMALL_HEAP = '--max-semi-space-size=8'
/** Otherwise glibc raises it to the size of what is freed, up to 32 MiB, and keeps and splits what lies below. */
const MMAP_THRESHOLD = { MALLOC_MMAP_THRESHOLD_: String(256 * 2 ** 10) }
const EPOCH_MS = 1000
type Side = 'bounded' | 'unbounded'

interface Answer extends Planted {
  readonly read: number
  readonly written: number
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000,10000000' },
    threads: { type: 'string', default: '2' },
    sides: { type: 'string', default: 'bounded,unbounded' },
    side: { type: 'string' },
    memory: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

if (values.side !== undefined) {
  reportSelf(await measure(values.side as Side, Number(values.events)))
} else compare(values.events.split(',').map(Number))

function compare(sizes: readonly number[]): void {
  const runs: object[] = []
  Object.assign(process.env, MMAP_THRESHOLD)
  for (const side of values.sides.split(',') as Side[]) {
    let smallest: number | undefined
    for (const events of sizes) {
      const args = ['--side', side, '--events', String(events), '--threads', values.threads]
      const run = runApart<Answer>(import.meta.filename, args, [SMALL_HEAP])
      const { answer, seconds, cpuSeconds, rss } = run
      smallest ??= rss
      const { duplicate, late } = planted(events, side === 'unbounded')
      const isRight =
        answer.read === events &&
        answer.duplicate === duplicate &&
        answer.late === late &&
        answer.written === events - duplicate - late
      if (!isRight && !values.json) process.exitCode = 1
      runs.push({ side, events, seconds, cpuSeconds, rss, isRight })
      const line = [
        side.padEnd(9),
        `${(events / 1e6).toFixed(1)} M events`.padStart(14),
        `peak RSS ${(rss / MIB).toFixed(0)} MiB`.padStart(18),
        `${(rss / smallest).toFixed(2)} × the smallest`,
        `${(events / seconds / 1000).toFixed(0)}k records/s`.padStart(14),
        `${cpuSeconds.toFixed(1)} CPU s`.padStart(12),
        `${duplicate} repeats, ${late} late ${isRight ? 'found' : `planted, got ${answer.duplicate} and ${answer.late}`}`,
      ].join('  ')
      if (values.json) process.stderr.write(`${line}\n`)
      else console.log(line)
    }
  }
  if (values.json) console.log(JSON.stringify(runs))
}

async function measure(side: Side, events: number): Promise<Answer> {
  const [{ run }, { eventLake }] = await Promise.all([
    import('../src/index.ts'),
    import('./boundedWindow/eventLake.ts'),
  ])
  const lake = await mkdtemp(join(tmpdir(), 'bench-window-'))
  try {
    const { tasks } = await run(eventLake, {
      module: import.meta.resolve('./boundedWindow/eventLake.ts'),
      settings: { lake, events, unbounded: side === 'unbounded' },
      parallelism: Number(values.threads),
      epochMs: EPOCH_MS,
      ...(values.memory !== undefined && { memory: values.memory }),
    }).done
    const { ledger } = tasks[0]!
    const { duplicate, late } = ledger['dedup']!
    return { read: ledger['events']!.in, written: ledger['silver']!.in, duplicate, late }
  } finally {
    await rm(lake, { recursive: true })
  }
}
