import { lineChart } from '../../charts/lineChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, table, thousands } from '../section.ts'

const EPOCH_MS = 500
const SHOWN = [50, 90, 99, 100]
const [FROM_RATE, P99_MS] = [10_000, 1000]

/** Milliseconds, by the percent of rows that were visible sooner. */
type Percentiles = readonly { readonly percent: number; readonly ms: number }[]

interface Latencies {
  readonly rate: number
  readonly percentiles: Percentiles
  /** The plain client, handed the same records in the same run. */
  readonly bareLoop: Percentiles
}

const at = (percentiles: Percentiles, percent: number): number =>
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
    const row = (name: string, percentiles: Percentiles): readonly string[] => [
      name,
      ...SHOWN.map((percent) => milliseconds(at(percentiles, percent))),
    ]
    const rows = measured.flatMap(({ rate, percentiles, bareLoop }) => [
      row(`${thousands(rate)} records/s`, percentiles),
      row(`${thousands(rate)} records/s, a bare kafkajs loop`, bareLoop),
    ])
    const fast = measured.filter(({ rate }) => rate >= FROM_RATE)
    return {
      text: `From the producer's hand to a row of Silver that readers see, epochs of ${EPOCH_MS} ms, ${seconds} s each.\n\n${table(
        ['', 'p50', 'p90', 'p99', 'max'],
        rows,
      )}`,
      claims: fast.map((one) => {
        const what = `p99 from producer to visible row at ${thousands(one.rate)} records/s`
        return claim(what, at(one.percentiles, 99), { atMost: P99_MS }, milliseconds)
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
