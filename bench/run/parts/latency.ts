import { lineChart } from '../../charts/lineChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, table, thousands } from '../section.ts'

const EPOCH_MS = 500
const SHOWN = [50, 90, 99, 100]
const [FROM_RATE, P99_MS] = [10_000, 1000]

interface Latencies {
  readonly rate: number
  /** Milliseconds, by the percent of rows that were visible sooner. */
  readonly percentiles: readonly { readonly percent: number; readonly ms: number }[]
}

const at = ({ percentiles }: Latencies, percent: number): number =>
  percentiles.find((one) => one.percent === percent)!.ms
const milliseconds = (ms: number): string => `${thousands(ms)} ms`

/** From a producer to a visible row. */
export const latency: Part<readonly Latencies[]> = {
  title: 'Latency',
  minutes: 4,
  measure: ({ rates, seconds }) =>
    rates.map((rate) =>
      measure<Latencies>('latency.ts', [
        ...['--rate', String(rate), '--epoch', String(EPOCH_MS), '--seconds', String(seconds)],
      ]),
    ),
  show(measured, { seconds }) {
    const rows = measured.map((one) => [
      `${thousands(one.rate)} records/s`,
      ...SHOWN.map((percent) => milliseconds(at(one, percent))),
    ])
    const fast = measured.filter(({ rate }) => rate >= FROM_RATE)
    return {
      text: `From the producer's hand to a row of Silver that readers see, epochs of ${EPOCH_MS} ms, ${seconds} s each.\n\n${table(
        ['', 'p50', 'p90', 'p99', 'max'],
        rows,
      )}`,
      claims: fast.map((one) => {
        const what = `p99 from producer to visible row at ${thousands(one.rate)} records/s`
        return claim(what, at(one, 99), { atMost: P99_MS }, milliseconds)
      }),
      chart: {
        name: 'latency',
        svg: lineChart(
          {
            title: 'From a producer to a visible row',
            note: `epochs of ${EPOCH_MS} ms; less is better`,
          },
          { x: 'percent of rows visible', y: 'ms' },
          measured.map(({ rate, percentiles }) => ({
            label: `${thousands(rate)} records/s`,
            points: percentiles.map(({ percent, ms }) => ({ x: percent, y: ms })),
          })),
        ),
      },
    }
  },
}
