import { lineChart } from '../../charts/lineChart.ts'
import type { Part } from '../part.ts'
import { measurePeers, type PeerFigures } from '../peerRuns.ts'
import { mebibytes, table, thousands } from '../section.ts'

const SIDES = ['sluicebox', 'with-bronze', 'duckdb']
const THREADS = 2

/** Peak memory and time over the input's size. */
export const memory: Part<readonly PeerFigures[]> = {
  title: 'Memory over the size of the input',
  minutes: 12,
  measure: ({ inputs }) => inputs.map((tweets) => measurePeers(tweets, 1, SIDES, THREADS)),
  show(measured, { inputs }) {
    const lines = SIDES.map((side) => {
      const points = measured.flatMap(({ figures }, at) => {
        const found = figures.find((one) => one.side === side)
        return found === undefined ? [] : [{ ...found, x: inputs[at]! }]
      })
      return { label: points[0]?.name ?? side, points }
    })
    const rows = lines.map(({ label, points }) => [
      label,
      ...inputs.map((tweets) => {
        const found = points.find(({ x }) => x === tweets)
        return found === undefined
          ? 'failed'
          : `${mebibytes(found.rss)}, ${found.medianSeconds.toFixed(1)} s`
      }),
    ])
    return {
      text: `Raw files to Silver, ${THREADS} threads, one round each; every id is remembered.\n\n${table(
        ['peak memory, time', ...inputs.map((tweets) => `${thousands(tweets)} tweets`)],
        rows,
      )}`,
      chart: {
        name: 'memory',
        svg: lineChart(
          {
            title: 'Memory over the size of the input',
            note: 'raw files to Silver; less is better',
          },
          { x: 'tweets', y: 'peak MiB' },
          lines.map(({ label, points }) => ({
            label,
            points: points.map(({ x, rss }) => ({ x, y: rss / 2 ** 20 })),
          })),
        ),
      },
    }
  },
}
