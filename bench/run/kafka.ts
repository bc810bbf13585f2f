import { lineChart } from '../charts/lineChart.ts'
import { least, median } from '../harness/figures.ts'
import type { Measured } from '../harness/runApart.ts'
import { measure, mebibytes, table, thousands, type Section, type Size } from './section.ts'

const NAMES: Readonly<Record<string, string>> = {
  sluicebox: 'Kafka → Bronze + Silver',
  eachBatch: 'kafkajs, only counting',
}

/** From a topic to Bronze and Silver, beside what the client can do at all. */
export function kafka({ tweets, rounds }: Size): Section {
  const args = ['--tweets', String(tweets), '--rounds', String(rounds)]
  const { sides } = measure<{ readonly sides: Readonly<Record<string, readonly Measured[]>> }>(
    'kafkaToSilver.ts',
    args,
  )
  const rows = Object.entries(sides).map(([side, runs]) => {
    const seconds = runs.map((run) => run.seconds)
    return [
      NAMES[side] ?? side,
      thousands(tweets / median(seconds)),
      `${median(seconds).toFixed(2)} s`,
      `${least(seconds).toFixed(2)} s`,
      median(runs.map((run) => run.cpuSeconds)).toFixed(1),
      mebibytes(Math.max(...runs.map(({ rss }) => rss))),
    ]
  })
  const head = ['', 'records/s', 'median', 'least', 'CPU s', 'peak memory']
  return {
    title: 'Kafka to Silver',
    text: `${thousands(tweets)} tweets in 4 partitions, the broker on the same cores, ${rounds} rounds in turns.\n\n${table(head, rows)}`,
  }
}

interface Latencies {
  readonly rate: number
  readonly epochMs: number
  readonly rows: number
  /** Milliseconds, by the percent of rows that were visible sooner. */
  readonly percentiles: readonly { readonly percent: number; readonly ms: number }[]
}

const EPOCH_MS = 500
const SHOWN = [50, 90, 99, 100]

/** From a producer to a visible row. */
export function latency({ rates, seconds }: Size): Section {
  const measured = rates.map((rate) =>
    measure<Latencies>('latency.ts', [
      ...['--rate', String(rate), '--epoch', String(EPOCH_MS), '--seconds', String(seconds)],
    ]),
  )
  const rows = measured.map(({ rate, percentiles }) => [
    `${thousands(rate)} records/s`,
    ...SHOWN.map((percent) => {
      const found = percentiles.find((one) => one.percent === percent)
      return `${thousands(found!.ms)} ms`
    }),
  ])
  return {
    title: 'Latency',
    text: `From the producer's hand to a row of Silver that readers see, epochs of ${EPOCH_MS} ms, ${seconds} s each.\n\n${table(
      ['', 'p50', 'p90', 'p99', 'max'],
      rows,
    )}`,
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
}
