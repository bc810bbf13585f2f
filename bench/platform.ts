/**
 * The whole platform, as its user runs it, beside the Python stack that it replaces and beside DuckDB alone.
 *
 *   node bench/platform.ts [--posts 1300000] [--rounds 3] [--threads 2] [--sides sluicebox,duckdb,python] [--json]
 *
 * The job: raw files of three platforms → Bronze, Silver without repeats, quarantine → suites → Gold with its tests.
 * The Python stack does it in steps as a scheduler would start them: PySpark, Great Expectations, dbt on DuckDB with
 * the same models. DuckDB alone is one script of SQL. Each run is a process of its own that is
 * watched from outside with all that it starts; the sides take turns. The rows of Silver and Gold are counted, and
 * measures added up, and must agree. The Python packages are installed at the first call and need Java 17.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { least, median } from './harness/figures.ts'
import { bytesBelow, TWEETS_OF_EVENTS, simulatedLanding } from './harness/landing.ts'
import type { Measured } from './harness/runApart.ts'
import { runWatched } from './harness/runWatched.ts'
import { watchedTurns } from './harness/watchedTurns.ts'
import { differingFacts, largestDifference, platformFacts } from './platform/facts.ts'
import type { PlatformFacts } from './platform/facts.ts'
import { PLATFORM_SIDES } from './platform/sides.ts'

const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '1300000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    sides: { type: 'string', default: Object.keys(PLATFORM_SIDES).join(',') },
    json: { type: 'boolean', default: false },
  },
})
const sides = values.sides.split(',')
const unknown = sides.find((side) => !Object.hasOwn(PLATFORM_SIDES, side))
if (unknown !== undefined) throw new Error(`there is no side '${unknown}'`)

const landing = await simulatedLanding(Number(values.posts) * TWEETS_OF_EVENTS)
const folders = ['twitter', 'reddit', 'youtube'].map((platform) => join(landing, platform))
const bytes = (await Promise.all(folders.map(bytesBelow))).reduce((sum, size) => sum + size, 0)
const { runs, failed } = await watchedTurns(sides, Number(values.rounds), measured, differingFacts)
const wanted = Object.values(runs)[0]?.[0]?.answer ?? {}
const summed = Object.entries(runs).map(([side, all]) => {
  const seconds = all.map((run) => run.seconds)
  return {
    ...{ side, name: PLATFORM_SIDES[side]!.name, leavesOut: PLATFORM_SIDES[side]!.leavesOut },
    medianSeconds: median(seconds),
    leastSeconds: least(seconds),
    cpuSeconds: median(all.map((run) => run.cpuSeconds)),
    rss: Math.max(...all.map((run) => run.rss)),
    difference: Math.max(...all.map((run) => largestDifference(wanted, run.answer))),
  }
})
if (values.json) {
  const lost = Object.entries(failed).map(([side, why]) => ({
    ...{ name: PLATFORM_SIDES[side]!.name, why },
  }))
  console.log(JSON.stringify({ bytes, figures: summed, failed: lost, facts: wanted }))
} else {
  for (const one of summed) {
    console.log(
      [
        one.name.padEnd(34),
        `median ${one.medianSeconds.toFixed(2)} s, least ${one.leastSeconds.toFixed(2)} s`,
        `${one.cpuSeconds.toFixed(1)} CPU s`,
        `peak ${(one.rss / MIB).toFixed(0)} MiB`,
        `takes ${(one.medianSeconds / summed[0]!.medianSeconds).toFixed(2)} × the first's time`,
        `answers differ by ${(one.difference * 100).toFixed(3)} % at most`,
      ].join('  '),
    )
  }
  if (Object.keys(failed).length > 0) process.exitCode = 1
}

async function measured(side: string): Promise<Measured<PlatformFacts>> {
  const lake = await mkdtemp(join(tmpdir(), `bench-platform-${side}-`))
  try {
    const run = await runWatched(
      PLATFORM_SIDES[side]!.command(landing, lake, Number(values.threads)),
    )
    return { ...run, answer: await platformFacts(lake) }
  } finally {
    await rm(lake, { recursive: true })
  }
}
