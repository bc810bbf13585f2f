import { barChart } from '../../charts/barChart.ts'
import type { Part, Size } from '../part.ts'
import { measurePeers, type PeerFigures, type SideFigures } from '../peerRuns.ts'
import { claim, mebibytes, table, thousands, times, type Claim } from '../section.ts'

const OURS = 'with-bronze'
const OWN = ['sluicebox', OURS]
const THREADS = 2
const MIB = 2 ** 20
/** What a key of an unbounded window may take, and the rest. */
const [KEY_BYTES, BASE_MIB] = [24, 600]
const TARGETS: Readonly<Record<string, number>> = {
  duckdb: 1,
  polars: 2,
  bytewax: 4.5,
  spark: 6,
  'spark-streaming': 6,
  flink: 6,
  'flink-batch': 6,
}

/** Raw files to Silver beside every peer. */
export const throughput = rawToSilver({
  ...{ title: 'Raw files to Silver', minutes: 16, chart: 'throughput' },
  scope: ({ tweets, rounds, peers }) => ({ tweets, rounds, peers }),
})

const TIMES = 10
const ROUNDS_AT_MOST = 3

/** Ten times as much beside DuckDB: what every start costs weighs less. */
export const large = rawToSilver({
  ...{ title: 'Ten times as many raw files to Silver', minutes: 9, chart: 'large' },
  scope: ({ tweets, rounds }) => ({
    ...{ tweets: tweets * TIMES, rounds: Math.min(rounds, ROUNDS_AT_MOST), peers: [] },
  }),
})

interface Options {
  readonly title: string
  readonly minutes: number
  /** The picture's name. */
  readonly chart: string
  /** What is measured, of a whole run's size. */
  scope(size: Size): Pick<Size, 'tweets' | 'rounds' | 'peers'>
}

function rawToSilver({ title, minutes, chart, scope }: Options): Part<PeerFigures> {
  return {
    title,
    minutes,
    measure(size) {
      const { tweets, rounds, peers } = scope(size)
      return measurePeers(tweets, rounds, [...OWN, 'duckdb', ...peers], THREADS)
    },
    show({ bytes, figures, failed }, whole) {
      const { tweets, rounds } = scope(whole)
      const ours = figures.find(({ side }) => side === OURS)
      const rows = figures.map((one) => [
        one.name,
        thousands(one.rate),
        `${one.medianSeconds.toFixed(2)} s`,
        `${one.leastSeconds.toFixed(2)} s`,
        one.cpuSeconds.toFixed(1),
        mebibytes(one.rss),
        ours === undefined ? '' : times(ours.rate / one.rate),
      ])
      const head = [
        '',
        'records/s',
        'median',
        'least',
        'CPU s',
        'peak memory',
        'with Bronze we are at',
      ]
      const size = `${thousands(tweets)} tweets, ${thousands(bytes / 1e6)} MB, ${THREADS} threads`
      return {
        text: [
          `NDJSON, validated, the first of each id, zstd Parquet by platform and day: ${size}, ${rounds} rounds in turns.`,
          'The rows of all sides were read back and are the same but for what a side leaves out.',
          '',
          table(head, rows),
          '',
          'What each leaves out of the job:',
          '',
          ...figures.map(({ name, leavesOut }) => `- ${name}: ${leavesOut}`),
          ...failed.map(({ name, why }) => `- ${name} failed in a round: ${why}`),
        ].join('\n'),
        claims: ours === undefined ? [] : claims(ours, figures, tweets),
        chart: {
          name: chart,
          svg: barChart(
            {
              title,
              note: `records a second, median; more is better; ${size}`,
            },
            figures.map(({ name, rate, rss, side }) => ({
              label: name,
              value: rate,
              isOurs: OWN.includes(side),
              remark: mebibytes(rss),
            })),
          ),
        },
      }
    },
  }
}

function claims(ours: SideFigures, figures: readonly SideFigures[], tweets: number): Claim[] {
  const speeds = figures.flatMap(({ side, name, rate }) => {
    const atLeast = TARGETS[side]
    if (atLeast === undefined) return []
    const what = `${thousands(tweets)} raw tweets to Silver, with Bronze and quarantine: our speed beside ${name}`
    return [claim(what, ours.rate / rate, { atLeast }, times)]
  })
  const limit = BASE_MIB * MIB + KEY_BYTES * tweets
  const memory = `${thousands(tweets)} raw tweets to Silver: our peak memory, ${BASE_MIB} MiB and ${KEY_BYTES} bytes a key`
  return [...speeds, claim(memory, ours.rss, { atMost: limit }, mebibytes)]
}
