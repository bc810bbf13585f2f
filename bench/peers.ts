/**
 * The way from raw files to Silver, beside the same job in other systems.
 *
 *   node bench/peers.ts [--tweets 1000000] [--rounds 3] [--threads 2] [--json]
 *     [--sides sluicebox,with-bronze,duckdb,polars,bytewax,spark,spark-streaming]
 *
 * The job: NDJSON → validated → the first of each id → zstd Parquet by platform and day. Each run is a process
 * of its own that is watched from outside; the sides take turns. What each wrote is read back by DuckDB and must
 * be the same rows: their number, their ids, sums of counts and tags. Peers are Python packages, installed at
 * the first call (Spark is 450 MB and needs Java 17).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { least, median } from './harness/figures.ts'
import { bytesBelow, simulatedLanding } from './harness/landing.ts'
import type { Measured } from './harness/runApart.ts'
import { runWatched } from './harness/runWatched.ts'
import { differences, readBack, type SilverFacts } from './peers/readBack.ts'
import { SIDES } from './peers/sides.ts'

const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    sides: { type: 'string', default: Object.keys(SIDES).join(',') },
    landing: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const names = values.sides.split(',')
const unknown = names.find((name) => !Object.hasOwn(SIDES, name))
if (unknown !== undefined) throw new Error(`there is no side '${unknown}'`)

const records = Number(values.tweets)
const landing = values.landing ?? (await simulatedLanding(records))
const bytes = await bytesBelow(join(landing, 'twitter'))
const runs: Record<string, Measured<SilverFacts>[]> = {}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const name of names) (runs[name] ??= []).push(await measured(name))
}
const [first] = Object.values(runs)
const answer = first![0]!.answer
for (const [name, all] of Object.entries(runs)) {
  for (const run of all) {
    const wrong = differences(answer, run.answer)
    if (wrong.length > 0) throw new Error(`${name} has other rows: ${wrong.join(', ')}`)
  }
}
if (values.json) {
  const leavesOut = Object.fromEntries(names.map((name) => [name, SIDES[name]!.leavesOut]))
  const called = Object.fromEntries(names.map((name) => [name, SIDES[name]!.name]))
  console.log(JSON.stringify({ records, bytes, sides: runs, names: called, leavesOut }))
} else for (const name of names) console.log(row(name))

async function measured(name: string): Promise<Measured<SilverFacts>> {
  const lake = await mkdtemp(join(tmpdir(), `bench-${name}-`))
  try {
    const run = await runWatched(SIDES[name]!.command(landing, lake, Number(values.threads)))
    return { ...run, answer: await readBack(lake) }
  } finally {
    await rm(lake, { recursive: true })
  }
}

function row(name: string): string {
  const seconds = runs[name]!.map((run) => run.seconds)
  const ours = median(first!.map((run) => run.seconds))
  return [
    SIDES[name]!.name.padEnd(26),
    `${(records / median(seconds) / 1000).toFixed(0)}k records/s`.padStart(15),
    `median ${median(seconds).toFixed(2)} s, least ${least(seconds).toFixed(2)} s`,
    `${median(runs[name]!.map((run) => run.cpuSeconds)).toFixed(1)} CPU s`,
    `peak ${(Math.max(...runs[name]!.map(({ rss }) => rss)) / MIB).toFixed(0)} MiB`,
    `takes ${(median(seconds) / ours).toFixed(2)} × the first's time`,
  ].join('  ')
}
