/**
 * The way from raw files to Silver, beside the same job as one statement of DuckDB.
 *
 *   node bench/rawToSilver.ts [--tweets 1000000] [--rounds 3] [--threads 2]
 *
 * Ours: read, decode, validate, map, drop repeats, write zstd Parquet in a Delta table, quarantine, commit
 * every 5 s; once without and once with Bronze. Each run is a process of its own, timed from its start to its
 * end; the sides take turns, and the best of the rounds counts. The landing zone is simulated once and kept
 * in the temporary folder. What the machine is busy with otherwise disturbs CPU seconds less than the clock.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const SEED = 1
const MIB = 2 ** 20
/** Of 13 simulated events 10 are tweets. */
const EVENTS_A_TWEET = 1.3

type Side = 'sluicebox' | 'with-bronze' | 'duckdb'

interface Counts {
  readonly read?: number
  readonly written: number
  readonly duplicate?: number
  readonly rejected?: number
}

interface Measured {
  readonly counts: Counts
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rss: number
}

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    side: { type: 'string' },
    landing: { type: 'string' },
  },
})
const threads = Number(values.threads)

if (values.side !== undefined) await runSide(values.side as Side, values.landing!)
else await compare()

async function compare(): Promise<void> {
  const events = Math.round(Number(values.tweets) * EVENTS_A_TWEET)
  const landing = values.landing ?? (await simulated(events))
  const bytes = await sizeOf(join(landing, 'twitter'))
  const rounds: Record<Side, Measured[]> = { sluicebox: [], 'with-bronze': [], duckdb: [] }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const side of Object.keys(rounds) as Side[]) rounds[side].push(runApart(side, landing))
  }
  const best = leastOf(rounds.duckdb)
  const read = rounds.sluicebox[0]!.counts.read ?? 0
  for (const [side, runs] of Object.entries(rounds)) {
    const { seconds, cpuSeconds, rss, counts } = leastOf(runs)
    console.log(
      [
        side.padEnd(11),
        `${(read / seconds / 1000).toFixed(0)}k records/s`,
        `${(bytes / seconds / 1e6).toFixed(0)} MB/s`,
        `${seconds.toFixed(2)} s (${runs.map((run) => run.seconds.toFixed(2)).join(' ')})`,
        `${cpuSeconds.toFixed(2)} CPU s`,
        `peak RSS ${(rss / MIB).toFixed(0)} MiB`,
        `${(best.seconds / seconds).toFixed(2)} × DuckDB (${(best.cpuSeconds / cpuSeconds).toFixed(2)} by CPU)`,
        Object.entries(counts)
          .map(([what, count]) => `${what} ${count}`)
          .join(', '),
      ].join('  '),
    )
  }
}

/** The least of everything: what else the machine does only adds. */
function leastOf(runs: readonly Measured[]): Measured {
  const least = (of: (run: Measured) => number): number => Math.min(...runs.map(of))
  return {
    counts: runs[0]!.counts,
    seconds: least((run) => run.seconds),
    cpuSeconds: least((run) => run.cpuSeconds),
    rss: Math.max(...runs.map((run) => run.rss)),
  }
}

async function simulated(events: number): Promise<string> {
  const { simulateLanding } = await import('../topologies/simulators/writeLanding.ts')
  const landing = join(tmpdir(), `sluicebox-bench-${SEED}-${events}`)
  await simulateLanding({ landing, events, seed: SEED })
  return landing
}

async function sizeOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function runApart(side: Side, landing: string): Measured {
  const args = ['--side', side, '--landing', landing, '--threads', values.threads]
  const start = performance.now()
  const out = execFileSync(process.execPath, [import.meta.filename, ...args])
  const seconds = (performance.now() - start) / 1000
  return { ...(JSON.parse(out.toString()) as Omit<Measured, 'seconds'>), seconds }
}

async function runSide(side: Side, landing: string): Promise<void> {
  const lake = await mkdtemp(join(tmpdir(), `bench-${side}-`))
  try {
    const counts = await (side === 'duckdb'
      ? duckdb(landing, lake)
      : sluicebox(side, landing, lake))
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6
    console.log(JSON.stringify({ counts, cpuSeconds, rss: maxRSS * 1024 }))
  } finally {
    await rm(lake, { recursive: true })
  }
}

async function sluicebox(side: Side, landing: string, lake: string): Promise<Counts> {
  const [{ run }, { tweetLake }] = await Promise.all([
    import('../src/index.ts'),
    import('./rawToSilver/tweetLake.ts'),
  ])
  const { tasks } = await run(tweetLake, {
    module: import.meta.resolve('./rawToSilver/tweetLake.ts'),
    settings: { lake, landing, bronze: side === 'with-bronze' },
    parallelism: threads,
  }).done
  const ledger = tasks[0]!.ledger
  const rejected = ['twitter', 'decode', 'validate'].map((node) => ledger[node]?.rejected ?? 0)
  return {
    read: ledger['twitter']!.in,
    written: ledger['silver']!.in,
    duplicate: ledger['dedup']!.duplicate,
    rejected: rejected.reduce((sum, count) => sum + count, 0),
  }
}

async function duckdb(landing: string, lake: string): Promise<Counts> {
  const [{ DuckDBInstance }, { duckdbStatement }] = await Promise.all([
    import('@duckdb/node-api'),
    import('./rawToSilver/duckdbStatement.ts'),
  ])
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()
  const result = await connection.runAndReadAll(duckdbStatement(landing, join(lake, 'silver')))
  const written = Number(result.getRows()[0]![0])
  return { written }
}
