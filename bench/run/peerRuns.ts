import { least, median } from '../harness/figures.ts'
import type { Measured } from '../harness/runApart.ts'
import { measure } from './part.ts'

/** What `bench/peers.ts --json` prints. */
interface PeerRuns {
  readonly records: number
  readonly bytes: number
  /** Those that ran to their end with the right answer. */
  readonly sides: Readonly<Record<string, readonly Measured[]>>
  readonly failed: Readonly<Record<string, string>>
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

export interface PeerFigures {
  readonly bytes: number
  readonly figures: readonly SideFigures[]
  readonly failed: readonly { readonly name: string; readonly why: string }[]
}

/**
 * Measures the job in several systems and sums up each side's rounds.
 *
 * @param cores - how many of the machine's cores each may use; all by default
 */
export function measurePeers(
  tweets: number,
  rounds: number,
  wanted: readonly string[],
  threads: number,
  cores?: number,
): PeerFigures {
  const { bytes, records, sides, failed, names, leavesOut } = measure<PeerRuns>('peers.ts', [
    ...['--tweets', String(tweets), '--rounds', String(rounds)],
    ...['--sides', wanted.join(','), '--threads', String(threads)],
    ...(cores === undefined ? [] : ['--cores', String(cores)]),
  ])
  const figures = Object.entries(sides).map(([side, runs]): SideFigures => {
    const seconds = runs.map((run) => run.seconds)
    return {
      ...{ side, name: names[side]!, leavesOut: leavesOut[side]! },
      rate: records / median(seconds),
      leastSeconds: least(seconds),
      medianSeconds: median(seconds),
      cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
      rss: Math.max(...runs.map((run) => run.rss)),
    }
  })
  const lost = Object.entries(failed).map(([side, why]) => ({ name: names[side]!, why }))
  return { bytes, figures, failed: lost }
}
