import { lineChart } from '../../charts/lineChart.ts'
import type { Part } from '../part.ts'
import { measurePeers, type PeerFigures } from '../peerRuns.ts'
import { claim, table, thousands, times, type Claim } from '../section.ts'

const SIDES = ['with-bronze', 'duckdb']
const TWO_BESIDE_ONE = 1.7

interface Threads {
  /** By the number of threads, on all cores. */
  readonly byThreads: readonly PeerFigures[]
  /** One thread on one core. */
  readonly oneCore: PeerFigures
}

/** The job on one thread and on more, and on one core. */
export const threads: Part<Threads> = {
  title: 'Threads and cores',
  minutes: 25,
  measure: ({ steady: tweets, rounds, threads: counts }) => ({
    byThreads: counts.map((count) => measurePeers(tweets, rounds, SIDES, count)),
    oneCore: measurePeers(tweets, rounds, SIDES, 1, 1),
  }),
  show({ byThreads, oneCore }, { steady: tweets, rounds, threads: counts }) {
    const lines = SIDES.map((side) => {
      const points = byThreads.flatMap(({ figures }, at) => {
        const found = figures.find((one) => one.side === side)
        return found === undefined ? [] : [{ ...found, x: counts[at]! }]
      })
      const alone = oneCore.figures.find((one) => one.side === side)
      return { side, label: points[0]?.name ?? side, points, alone }
    })
    const rows = lines.map(({ label, points, alone }) => [
      label,
      alone === undefined ? 'failed' : thousands(alone.rate),
      ...points.map(({ rate }) => `${thousands(rate)} (${times(rate / points[0]!.rate)})`),
    ])
    const of = (count: number) => lines[0]!.points.find(({ x }) => x === count)?.rate
    const [one, two, core] = [of(1), of(2), lines[0]!.alone?.rate]
    const compared = (what: string, other: number | undefined): Claim[] =>
      two === undefined || other === undefined
        ? []
        : [claim(what, two / other, { atLeast: TWO_BESIDE_ONE }, times)]
    return {
      text: `Raw files to Silver, ${thousands(tweets)} tweets, ${rounds} rounds in turns, medians.\n\n${table(
        ['records/s', 'one thread on one core', ...counts.map((count) => `threads: ${count}`)],
        rows,
      )}`,
      claims: [
        ...compared('two threads on two cores beside one on one core', core),
        ...compared('two threads beside one, which may use both cores', one),
      ],
      chart: {
        name: 'threads',
        svg: lineChart(
          {
            title: 'Scaling over threads',
            note: `raw files to Silver, ${thousands(tweets)} tweets; more is better`,
          },
          { x: 'threads', y: 'records/s' },
          lines.map(({ label, points }) => ({
            label,
            points: points.map(({ x, rate }) => ({ x, y: rate })),
          })),
        ),
      },
    }
  },
}
