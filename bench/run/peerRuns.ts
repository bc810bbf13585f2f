import { least, median } from '../harness/figures.ts'
import type { Measured } from '../harness/runApart.ts'
import { measure } from './section.ts'

/** What `bench/peers.ts --json` prints. */
interface PeerRuns {
  readonly records: number
  readonly bytes: number
  readonly sides: Readonly<Record<string, readonly Measured[]>>
  readonly names: Readonly<Record<string, string>>
  readonly leavesOut: Readonly<Record<string, string>>
}

export interface SideFigures {
  readonly side: string
  readonly name: string
  readonly leavesOut: string
  /** Records a second, of the median. */
  readonly rate: number
  readonly leastSeconds: number
  readonly medianSeconds: number
  readonly cpuSeconds: number
  /** The highest of all rounds, bytes. */
  readonly rss: number
}

/** Measures the job in several systems and sums up each side's rounds. */
export function measurePeers(
  tweets: number,
  rounds: number,
  sides: readonly string[],
  threads: number,
): { readonly bytes: number; readonly figures: readonly SideFigures[] } {
  const { bytes, records, ...runs } = measure<PeerRuns>('peers.ts', [
    ...['--tweets', String(tweets), '--rounds', String(rounds)],
    ...['--sides', sides.join(','), '--threads', String(threads)],
  ])
  const figures = sides.map((side): SideFigures => {
    const all = runs.sides[side]!
    const seconds = all.map((run) => run.seconds)
    return {
      ...{ side, name: runs.names[side]!, leavesOut: runs.leavesOut[side]! },
      rate: records / median(seconds),
      leastSeconds: least(seconds),
      medianSeconds: median(seconds),
      cpuSeconds: median(all.map((run) => run.cpuSeconds)),
      rss: Math.max(...all.map((run) => run.rss)),
    }
  })
  return { bytes, figures }
}
