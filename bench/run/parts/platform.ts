import { barChart } from '../../charts/barChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table, thousands, times, type Claim } from '../section.ts'

const THREADS = 2
const FASTER_THAN_PYTHON = 6
const TIME_OF_DUCKDB = 1.5
const ROUNDS_AT_MOST = 3

interface Figures {
  readonly side: string
  readonly name: string
  readonly leavesOut: string
  readonly medianSeconds: number
  readonly leastSeconds: number
  readonly cpuSeconds: number
  readonly rss: number
  /** From the first side's answers, as a share. */
  readonly difference: number
}

interface PlatformRuns {
  readonly bytes: number
  readonly figures: readonly Figures[]
  readonly failed: readonly { readonly name: string; readonly why: string }[]
}

/** The whole platform beside the stack that it replaces. */
export const platform: Part<PlatformRuns> = {
  title: 'The whole platform',
  minutes: 6,
  measure: ({ posts, rounds, peers }) =>
    measure('platform.ts', [
      ...['--posts', String(posts), '--rounds', String(Math.min(rounds, ROUNDS_AT_MOST))],
      ...['--threads', String(THREADS)],
      ...['--sides', `sluicebox,duckdb${peers.length > 0 ? ',python' : ''}`],
    ]),
  show({ bytes, figures, failed }, { posts, rounds }) {
    const ours = figures.find(({ side }) => side === 'sluicebox')
    const rows = figures.map((one) => [
      one.name,
      `${one.medianSeconds.toFixed(2)} s`,
      `${one.leastSeconds.toFixed(2)} s`,
      one.cpuSeconds.toFixed(1),
      mebibytes(one.rss),
      `${(one.difference * 100).toFixed(3)} %`,
      ours === undefined ? '' : times(one.medianSeconds / ours.medianSeconds),
    ])
    const head = ['', 'median', 'least', 'CPU s', 'peak memory', 'answers differ by', 'our speed']
    const size = `${thousands(posts)} posts, ${thousands(bytes / 1e6)} MB, ${THREADS} threads`
    return {
      text: [
        `\`node topologies/full.ts\` as its user runs it: raw files of three platforms to Bronze, Silver and quarantine, suites, Gold with its tests; ${size}, ${Math.min(rounds, ROUNDS_AT_MOST)} rounds in turns.`,
        'The rows of Silver by platform and of every table of Gold were counted, and their measures added up.',
        '',
        table(head, rows),
        '',
        'What each leaves out of the job:',
        '',
        ...figures.map(({ name, leavesOut }) => `- ${name}: ${leavesOut}`),
        ...failed.map(({ name, why }) => `- ${name} failed in a round: ${why}`),
      ].join('\n'),
      claims: ours === undefined ? [] : figures.flatMap((one) => claims(ours, one)),
      chart: {
        name: 'platform',
        svg: barChart(
          { title: 'The whole platform', note: `seconds, median; less is better; ${size}` },
          figures.map(({ side, name, medianSeconds, rss }) => ({
            label: name,
            value: medianSeconds,
            isOurs: side === 'sluicebox',
            remark: mebibytes(rss),
          })),
        ),
      },
    }
  },
}

function claims(ours: Figures, { side, name, medianSeconds }: Figures): readonly Claim[] {
  const what = 'the whole platform, with suites and tests'
  if (side === 'duckdb') {
    const time = ours.medianSeconds / medianSeconds
    return [claim(`${what}: our time beside ${name}`, time, { atMost: TIME_OF_DUCKDB }, times)]
  }
  if (side !== 'python') return []
  const speed = medianSeconds / ours.medianSeconds
  return [claim(`${what}: our speed beside ${name}`, speed, { atLeast: FASTER_THAN_PYTHON }, times)]
}
