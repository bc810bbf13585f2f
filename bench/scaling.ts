/**
 * Whether time grows with the input and no faster, and what a second thread is worth.
 *
 *   node bench/scaling.ts [--tweets 1000000] [--times 10] [--rounds 3] [--threads 2] [--json]
 *
 * The way from raw files to Bronze and Silver, every id remembered: so many tweets on one thread and on all, and as many
 * times that on all. Each run is a process of its own, from its start to its end; the three take turns, and the medians
 * count. Every run must find the repeats and the records to be refused that were planted. Ten million tweets are 5.6 GB
 * in the temporary folder, and a lake of 8 GB beside them while a run lasts; both are removed, the landing zone unless
 * it had been there before.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { plantedTruth } from '../topologies/simulators/writeLanding.ts'
import { least, median } from './harness/figures.ts'
import { bytesBelow, landingFolder, simulatedLanding } from './harness/landing.ts'
import { packageRawToSilver } from './harness/packaged.ts'
import { runApart, takeTurns, withLake, type Measured } from './harness/runApart.ts'

const MIB = 2 ** 20

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    times: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})

interface Side {
  readonly tweets: number
  readonly threads: number
}

interface Counts {
  readonly read: number
  readonly written: number
  readonly duplicate: number
  readonly rejected: number
}

const [tweets, times, threads] = [values.tweets, values.times, values.threads].map(Number) as [
  number,
  number,
  number,
]
const sides: Readonly<Record<'one' | 'all' | 'large', Side>> = {
  one: { tweets, threads: 1 },
  all: { tweets, threads },
  large: { tweets: tweets * times, threads },
}
const script = await packageRawToSilver()
const names = Object.keys(sides) as (keyof typeof sides)[]

const isOurs = !existsSync(landingFolder(sides.large.tweets))
try {
  const landings = [await simulatedLanding(tweets), await simulatedLanding(sides.large.tweets)]
  const landingOf = (side: Side): string => landings[side.tweets === tweets ? 0 : 1]!
  const runs = takeTurns(names, Number(values.rounds), (name) => {
    const side = sides[name]
    const args = ['--side', 'with-bronze', '--landing', landingOf(side)]
    const run = withLake(name, (lake) =>
      runApart<Counts>(script, [...args, '--threads', String(side.threads), '--lake', lake]),
    )
    process.stderr.write(`${name.padEnd(6)} ${run.seconds.toFixed(2)} s\n`)
    return run
  })
  const figures = await Promise.all(
    names.map((name) => summed(name, landingOf(sides[name]), runs[name])),
  )
  if (values.json) console.log(JSON.stringify(figures))
  else show(figures)
} finally {
  if (isOurs) await rm(landingFolder(sides.large.tweets), { recursive: true, force: true })
}

type Figures = Awaited<ReturnType<typeof summed>>

/** What the rounds of a side come to; refuses an answer that is not what was planted. */
async function summed(
  name: keyof typeof sides,
  landing: string,
  runs: readonly Measured<Counts>[],
) {
  const { twitter } = (await plantedTruth(landing)).platforms
  const rejected = Object.values(twitter.rejected).reduce((sum, count) => sum + count, 0)
  const wanted = { ...{ read: twitter.read, written: twitter.written }, rejected }
  for (const { answer } of runs) {
    for (const [what, count] of Object.entries(wanted)) {
      const got = answer[what as keyof typeof wanted]
      if (got !== count) throw new Error(`${name}: ${what} is ${got}, ${count} were planted`)
    }
  }
  const seconds = runs.map((run) => run.seconds)
  return {
    ...{ name, ...sides[name], bytes: await bytesBelow(join(landing, 'twitter')) },
    medianSeconds: median(seconds),
    leastSeconds: least(seconds),
    cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
    rss: Math.max(...runs.map(({ rss }) => rss)),
  }
}

function show(figures: readonly Figures[]): void {
  const [one, all, large] = figures
  for (const figure of figures) {
    console.log(
      [
        `${figure.tweets} tweets, ${figure.threads} threads`.padEnd(30),
        `median ${figure.medianSeconds.toFixed(2)} s, least ${figure.leastSeconds.toFixed(2)} s`,
        `${figure.cpuSeconds.toFixed(1)} CPU s`,
        `peak RSS ${(figure.rss / MIB).toFixed(0)} MiB`,
      ].join('  '),
    )
  }
  const grown = large!.medianSeconds / all!.medianSeconds
  console.log(`${times} × the input takes ${grown.toFixed(2)} × the time`)
  const faster = one!.medianSeconds / all!.medianSeconds
  console.log(`${threads} threads are ${faster.toFixed(2)} × as fast as one`)
}
