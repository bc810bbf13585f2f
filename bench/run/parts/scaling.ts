import { lineChart } from '../../charts/lineChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table, thousands, times } from '../section.ts'

const TIMES = 10
/** For so many times the input. */
const TIME_AT_MOST = 10.5
const TWO_BESIDE_ONE = 1.7
const THREADS = 2
const ROUNDS_AT_MOST = 3

interface Scaled {
  readonly name: 'one' | 'all' | 'large'
  readonly tweets: number
  readonly threads: number
  readonly bytes: number
  readonly medianSeconds: number
  readonly leastSeconds: number
  readonly cpuSeconds: number
  readonly rss: number
}

const LABELS = {
  one: 'one thread',
  all: `${THREADS} threads`,
  large: `${THREADS} threads`,
} as const

/** The job on ten times the input, and on one thread. */
export const scaling: Part<readonly Scaled[]> = {
  title: 'Ten times the input, twice the threads',
  minutes: 12,
  measure: ({ tweets, rounds }) =>
    measure('scaling.ts', [
      ...['--tweets', String(tweets), '--times', String(TIMES), '--threads', String(THREADS)],
      ...['--rounds', String(Math.min(rounds, ROUNDS_AT_MOST))],
    ]),
  show(figures, { rounds }) {
    const of = (wanted: Scaled['name']) => figures.find(({ name }) => name === wanted)!
    const [one, all, large] = [of('one'), of('all'), of('large')]
    const rows = figures.map((figure) => [
      LABELS[figure.name],
      thousands(figure.tweets),
      `${thousands(figure.bytes / 1e6)} MB`,
      `${figure.medianSeconds.toFixed(2)} s`,
      `${figure.leastSeconds.toFixed(2)} s`,
      figure.cpuSeconds.toFixed(1),
      mebibytes(figure.rss),
    ])
    const head = ['', 'tweets', 'input', 'median', 'least', 'CPU s', 'peak memory']
    const origin = { x: 0, y: 0 }
    const measured = [all, large].map((figure) => ({ x: figure.tweets, y: figure.medianSeconds }))
    const inProportion = { x: large.tweets, y: all.medianSeconds * TIMES }
    return {
      text: `Raw files to Bronze and Silver, every id remembered, ${Math.min(rounds, ROUNDS_AT_MOST)} rounds in turns; what was planted was found in every run.\n\n${table(head, rows)}`,
      claims: [
        claim(
          `${TIMES} × the input: the time beside that of ${thousands(all.tweets)} tweets`,
          large.medianSeconds / all.medianSeconds,
          { atMost: TIME_AT_MOST },
          times,
        ),
        claim(
          `two threads beside one, ${thousands(all.tweets)} tweets from start to end`,
          one.medianSeconds / all.medianSeconds,
          { atLeast: TWO_BESIDE_ONE },
          times,
        ),
      ],
      chart: {
        name: 'scaling',
        svg: lineChart(
          { title: 'Time over the size of the input', note: 'raw files to Bronze and Silver' },
          { x: 'tweets', y: 'seconds' },
          [
            { label: `measured, ${THREADS} threads`, points: [origin, ...measured] },
            { label: 'in proportion to the smaller', points: [origin, inProportion] },
          ],
        ),
      },
    }
  },
}
