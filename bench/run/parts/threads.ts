import { lineChart } from '../../charts/lineChart.ts'
import type { Part } from '../part.ts'
import { measurePeers, type PeerFigures } from '../peerRuns.ts'
import { claim, table, thousands, times } from '../section.ts'

const SIDES = ['with-bronze', 'duckdb']
const TWO_BESIDE_ONE = 1.7

/** The job on one thread and on more. */
export const threads: Part<readonly PeerFigures[]> = {
  title: 'Threads',
  minutes: 7,
  measure: (size) =>
    size.threads.map((count) => measurePeers(size.tweets, size.rounds, SIDES, count)),
  show(measured, { tweets, rounds, threads: counts }) {
    const lines = SIDES.map((side) => {
      const points = measured.flatMap(({ figures }, at) => {
        const found = figures.find((one) => one.side === side)
        return found === undefined ? [] : [{ ...found, x: counts[at]! }]
      })
      return { side, label: points[0]?.name ?? side, points }
    })
    const rows = lines.map(({ label, points }) => [
      label,
      ...points.map(({ rate }) => `${thousands(rate)} (${times(rate / points[0]!.rate)})`),
    ])
    const of = (count: number) => lines[0]!.points.find(({ x }) => x === count)?.rate
    const [one, two] = [of(1), of(2)]
    return {
      text: `Raw files to Silver, ${thousands(tweets)} tweets, ${rounds} rounds in turns, medians.\n\n${table(
        ['records/s', ...counts.map((count) => `${count} threads`)],
        rows,
      )}`,
      claims:
        one === undefined || two === undefined
          ? []
          : [claim('two threads beside one', two / one, { atLeast: TWO_BESIDE_ONE }, times)],
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
