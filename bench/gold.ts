/**
 * Gold at scale, beside the bare SQL of the same models.
 *
 *   node bench/gold.ts [--events 1300000] [--rounds 3] [--threads 2]
 *
 * Ours: the project is built, its tests and the platform's suites are run, and it is published as Delta tables and
 * as gold.duckdb. Beside it the same statements, one after the other, run by DuckDB into a file of its own, with as many
 * threads and as much memory as it likes; no test, no Parquet, no log. Then an hour of posts comes in and Gold is
 * refreshed, and the bare SQL runs over everything. Each run is a process of its own, measured from its start until
 * Gold is published; the sides take turns and the least of the rounds counts. All tables of both sides must be equal.
 * Silver is made once and kept in the folder for temporary files. What the machine is busy with otherwise disturbs CPU
 * seconds less than the clock.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { leastOf } from './harness/figures.ts'

const SEED = 1
const MIB = 2 ** 20

type Side = 'duckdb' | 'full' | 'refresh'

export interface Measured {
  /** Number of posts in Silver, and a digest of each table of Gold. */
  readonly posts: number
  readonly tables: Readonly<Record<string, string>>
  readonly seconds: number
  readonly cpuSeconds: number
  readonly rss: number
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1300000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    side: { type: 'string' },
    lake: { type: 'string' },
    round: { type: 'string', default: '0' },
  },
})

if (values.side !== undefined) await runSide(values.side as Side, values.lake!)
else await compare(await silverOf(Number(values.events)))

async function compare(silver: string): Promise<void> {
  const lake = join(tmpdir(), `bench-gold-${process.pid}`)
  execFileSync('cp', ['-a', '--reflink=auto', silver, lake])
  const { addHour } = await import('./gold/addHour.ts')
  const rounds: Record<Side, Measured[]> = { duckdb: [], full: [], refresh: [] }
  let added = 0
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      rounds.duckdb.push(runApart('duckdb', lake, round))
      rounds.full.push(runApart('full', lake, round))
      mustBeEqual(rounds.duckdb.at(-1)!, rounds.full.at(-1)!)
      added = await addHour(lake, round)
      rounds.refresh.push(runApart('refresh', lake, round))
    }
    mustBeEqual(runApart('duckdb', lake, Number(values.rounds)), rounds.refresh.at(-1)!)
  } finally {
    execFileSync('rm', ['-rf', lake])
  }
  const [bare, full] = [leastOf(rounds.duckdb), leastOf(rounds.full)]
  const against = { duckdb: bare, full: bare, refresh: full }
  for (const [side, runs] of Object.entries(rounds) as [Side, Measured[]][]) {
    const { posts, seconds, cpuSeconds, rss } = leastOf(runs)
    const other = against[side]
    const ratio = (one: number, two: number) => (one / two).toFixed(2)
    console.log(
      [
        side.padEnd(8),
        side === 'refresh' ? `${added} new posts` : `${posts} posts`,
        `${seconds.toFixed(2)} s (${runs.map((run) => run.seconds.toFixed(2)).join(' ')})`,
        `${cpuSeconds.toFixed(2)} CPU s`,
        `peak RSS ${(rss / MIB).toFixed(0)} MiB`,
        `${ratio(seconds, other.seconds)} × ${side === 'refresh' ? 'full' : 'DuckDB'} (${ratio(cpuSeconds, other.cpuSeconds)} by CPU)`,
      ].join('  '),
    )
  }
}

function mustBeEqual(one: Measured, other: Measured): void {
  if (isDeepStrictEqual(one.tables, other.tables)) return
  const names = Object.keys(one.tables).filter((name) => one.tables[name] !== other.tables[name])
  throw new Error(`different answers in ${names.join(', ')}`)
}

/** A lake with Bronze and Silver, made by the platform itself. */
async function silverOf(events: number): Promise<string> {
  const lake = join(tmpdir(), `sluicebox-bench-gold-${events}`)
  if (existsSync(lake)) return lake
  const { simulateLanding } = await import('../topologies/simulators/writeLanding.ts')
  const landing = join(tmpdir(), `sluicebox-bench-${SEED}-${events}`)
  await simulateLanding({ landing, events, seed: SEED })
  const platform = join(import.meta.dirname, '../topologies/full.ts')
  const where = ['--landing', landing, '--lake', `${lake}.part`, '--until', 'silver']
  execFileSync(process.execPath, [platform, ...where], { stdio: ['ignore', 'ignore', 'inherit'] })
  await rename(`${lake}.part`, lake)
  return lake
}

function runApart(side: Side, lake: string, round: number): Measured {
  // What the side before wrote must not be written to the disk in this one's time.
  execFileSync('sync')
  const { threads } = values
  const args = ['--side', side, '--lake', lake, '--threads', threads, '--round', String(round)]
  // The platform has a compile cache of its own; here both sides have one.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'sluicebox-bench-compiled') }
  const out = execFileSync(process.execPath, [import.meta.filename, ...args], { env })
  return JSON.parse(out.toString()) as Measured
}

async function runSide(side: Side, lake: string): Promise<void> {
  const [round, threads] = [Number(values.round), Number(values.threads)]
  const file =
    side === 'duckdb'
      ? await (await import('./gold/bareSql.ts')).bareSql({ lake, threads })
      : await (await import('./gold/publishGold.ts')).publishGold({ lake, threads, round, side })
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const measured = {
    seconds: performance.now() / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    rss: maxRSS * 1024,
  }
  const { digest } = await import('./gold/digest.ts')
  console.log(JSON.stringify({ ...measured, ...(await digest(file)) }))
}
