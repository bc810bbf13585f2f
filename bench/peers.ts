/**
 * The way from raw files to Silver, beside the same job in other systems.
 *
 *   node bench/peers.ts [--tweets 1000000] [--rounds 3] [--threads 2] [--cores 1] [--json]
 *     [--sides sluicebox,with-bronze,duckdb,polars,bytewax,spark,spark-streaming,flink]
 *
 * The job: NDJSON → validated → the first of each id → zstd Parquet by platform and day. Each run is a process
 * of its own that is watched from outside; the sides take turns. What each wrote is read back by DuckDB and must
 * be the same rows: their number, their ids, sums of counts and tags. A side that fails is named, and the others
 * are still measured. With `--cores` every side may use so many of the machine's cores and no more (`taskset`, Linux).
 * Peers are Python packages, installed at the first call (Spark and Flink are 450 MB each and
 * need Java 17).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { least, median } from './harness/figures.ts'
import { bytesBelow, simulatedLanding } from './harness/landing.ts'
import { packageRawToSilver } from './harness/packaged.ts'
import type { Measured } from './harness/runApart.ts'
import { runWatched, type Command } from './harness/runWatched.ts'
import { watchedTurns } from './harness/watchedTurns.ts'
import { differences, readBack, type SilverFacts } from './peers/readBack.ts'
import { SIDES } from './peers/sides.ts'

const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    cores: { type: 'string' },
    sides: { type: 'string', default: Object.keys(SIDES).join(',') },
    landing: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const names = values.sides.split(',')
const unknown = names.find((name) => !Object.hasOwn(SIDES, name))
if (unknown !== undefined) throw new Error(`there is no side '${unknown}'`)

await packageRawToSilver()
const records = Number(values.tweets)
const landing = values.landing ?? (await simulatedLanding(records))
const bytes = await bytesBelow(join(landing, 'twitter'))
const { runs, failed } = await watchedTurns(names, Number(values.rounds), measured, differences)
if (values.json) {
  const leavesOut = Object.fromEntries(names.map((name) => [name, SIDES[name]!.leavesOut]))
  const called = Object.fromEntries(names.map((name) => [name, SIDES[name]!.name]))
  console.log(JSON.stringify({ records, bytes, sides: runs, failed, names: called, leavesOut }))
} else {
  for (const name of Object.keys(runs)) console.log(row(name))
  if (Object.keys(failed).length > 0) process.exitCode = 1
}

async function measured(name: string): Promise<Measured<SilverFacts>> {
  const lake = await mkdtemp(join(tmpdir(), `bench-${name}-`))
  try {
    const command = SIDES[name]!.command(landing, lake, Number(values.threads))
    const run = await runWatched(pinned(command, values.cores))
    return { ...run, answer: await readBack(lake) }
  } finally {
    await rm(lake, { recursive: true })
  }
}

/** A command that may use the first so many cores. */
function pinned(command: Command, cores: string | undefined): Command {
  if (cores === undefined) return command
  const first = ['--cpu-list', `0-${Number(cores) - 1}`]
  return { ...command, command: 'taskset', args: [...first, command.command, ...command.args] }
}

function row(name: string): string {
  const seconds = runs[name]!.map((run) => run.seconds)
  const ours = median(Object.values(runs)[0]!.map((run) => run.seconds))
  return [
    SIDES[name]!.name.padEnd(26),
    `${(records / median(seconds) / 1000).toFixed(0)}k records/s`.padStart(15),
    `median ${median(seconds).toFixed(2)} s, least ${least(seconds).toFixed(2)} s`,
    `${median(runs[name]!.map((run) => run.cpuSeconds)).toFixed(1)} CPU s`,
    `peak ${(Math.max(...runs[name]!.map(({ rss }) => rss)) / MIB).toFixed(0)} MiB`,
    `takes ${(median(seconds) / ours).toFixed(2)} × the first's time`,
  ].join('  ')
}
