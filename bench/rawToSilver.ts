/**
 * The way from raw files to Silver, beside the same job as one statement of DuckDB.
 *
 *   node bench/rawToSilver.ts [--tweets 1000000] [--rounds 3] [--threads 2] [--json]
 *
 * Ours: read, decode, validate, map, drop repeats, write zstd Parquet in a Delta table, quarantine, commit
 * every 5 s; once without and once with Bronze. Each run is a process of its own, timed from its start to its
 * end; the sides take turns, and the best of the rounds counts. The landing zone is simulated once and kept
 * in the temporary folder. What the machine is busy with otherwise disturbs CPU seconds less than the clock.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { leastOf, median } from './harness/figures.ts'
import { bytesBelow, simulatedLanding } from './harness/landing.ts'
import { packageRawToSilver } from './harness/packaged.ts'
import { reportSelf, runApart, takeTurns, withLake } from './harness/runApart.ts'

const MIB = 2 ** 20

/** DuckDB takes a line that ends behind a `[` and the next one for one record: some 1 in 6,000 is lost. */
const PEERS_MAY_LOSE = 0.0005

type Side = 'sluicebox' | 'with-bronze' | 'duckdb'

interface Counts {
  readonly read?: number
  readonly written: number
  readonly duplicate?: number
  readonly rejected?: number
}

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    side: { type: 'string' },
    landing: { type: 'string' },
    lake: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const threads = Number(values.threads)
/** See `harness/packaged.ts`. */
const isBundled = import.meta.filename.endsWith('.js')

if (values.side !== undefined) await runSide(values.side as Side, values.landing!)
else await compare()

async function compare(): Promise<void> {
  const script = await packageRawToSilver()
  const landing = values.landing ?? (await simulatedLanding(Number(values.tweets)))
  const bytes = await bytesBelow(join(landing, 'twitter'))
  const sides: readonly Side[] = ['sluicebox', 'with-bronze', 'duckdb']
  const rounds = takeTurns(sides, Number(values.rounds), (side) => {
    const args = ['--side', side, '--landing', landing, '--threads', values.threads]
    return withLake(side, (lake) => runApart<Counts>(script, [...args, '--lake', lake]))
  })
  const best = leastOf(rounds.duckdb)
  const read = rounds.sluicebox[0]!.answer.read ?? 0
  const { written } = rounds.sluicebox[0]!.answer
  for (const { answer } of Object.values(rounds).flat()) {
    if (Math.abs(answer.written - written) <= written * PEERS_MAY_LOSE) continue
    throw new Error(`the sides wrote ${written} and ${answer.written} rows`)
  }
  if (values.json) {
    console.log(JSON.stringify({ records: read, bytes, sides: rounds }))
    return
  }
  for (const [side, runs] of Object.entries(rounds)) {
    const { seconds, cpuSeconds, rss, answer } = leastOf(runs)
    console.log(
      [
        side.padEnd(11),
        `${(read / seconds / 1000).toFixed(0)}k records/s`,
        `${(bytes / seconds / 1e6).toFixed(0)} MB/s`,
        `${seconds.toFixed(2)} s (median ${median(runs.map((run) => run.seconds)).toFixed(2)})`,
        `${cpuSeconds.toFixed(2)} CPU s`,
        `peak RSS ${(rss / MIB).toFixed(0)} MiB`,
        `${(best.seconds / seconds).toFixed(2)} × DuckDB (${(best.cpuSeconds / cpuSeconds).toFixed(2)} by CPU)`,
        Object.entries(answer)
          .map(([what, count]) => `${what} ${count}`)
          .join(', '),
      ].join('  '),
    )
  }
}

async function runSide(side: Side, landing: string): Promise<void> {
  const lake = values.lake ?? (await mkdtemp(join(tmpdir(), `bench-${side}-`)))
  try {
    const counts = await (side === 'duckdb'
      ? duckdb(landing, lake)
      : sluicebox(side, landing, lake))
    reportSelf(counts)
  } finally {
    // Who gave the lake looks at it.
    if (values.lake === undefined) await rm(lake, { recursive: true })
  }
}

async function sluicebox(side: Side, landing: string, lake: string): Promise<Counts> {
  // As the platform's own start does.
  enableCompileCache()
  const [{ run }, { tweetLake }] = await Promise.all([
    import('../src/index.ts'),
    import('./rawToSilver/tweetLake.ts'),
  ])
  const { tasks } = await run(tweetLake, {
    module: import.meta.resolve(isBundled ? './tweetLake.js' : './rawToSilver/tweetLake.ts'),
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
