import { lineChart } from '../../charts/lineChart.ts'
import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table, thousands, times } from '../section.ts'

/** Above its smallest run: what "flat" allows. */
const FLAT = 1.25
/** What remembers every key is shown for so many at most. */
const UNBOUNDED_TO = 10_000_000

interface WindowRun {
  readonly side: 'bounded' | 'unbounded'
  readonly events: number
  readonly seconds: number
  readonly rss: number
  readonly isRight: boolean
}

const LABELS = { bounded: 'a window of an hour', unbounded: 'every key' } as const

/** Memory of a window over what goes through it. */
export const window: Part<readonly WindowRun[]> = {
  title: 'A bounded window',
  minutes: 10,
  measure: ({ windows }) =>
    (['bounded', 'unbounded'] as const).flatMap((side) => {
      const sizes = side === 'bounded' ? windows : windows.filter((size) => size <= UNBOUNDED_TO)
      const args = ['--events', sizes.join(','), '--sides', side]
      return measure<readonly WindowRun[]>('boundedWindow.ts', args)
    }),
  show(runs) {
    const rows = runs.map(({ side, events, seconds, rss, isRight }) => [
      LABELS[side],
      thousands(events),
      mebibytes(rss),
      thousands(events / seconds),
      isRight ? 'all found' : '**wrong**',
    ])
    const bounded = runs.filter(({ side }) => side === 'bounded')
    const [first, last] = [bounded[0], bounded.at(-1)]
    const head = ['remembers', 'events', 'peak memory', 'records/s', 'repeats']
    return {
      text: `Events at five million a day of event time, as fast as they are read, to a Delta table, a commit each second: a million are several epochs too.\n\n${table(head, rows)}`,
      claims:
        first === undefined || last === undefined || first === last
          ? []
          : [
              claim(
                `memory of a bounded window: ${thousands(last.events)} events beside ${thousands(first.events)}`,
                last.rss / first.rss,
                { atMost: FLAT },
                times,
              ),
            ],
      chart: {
        name: 'window',
        svg: lineChart(
          { title: 'Memory of a window', note: 'peak over the events of a run; less is better' },
          { x: 'events', y: 'peak MiB' },
          (['bounded', 'unbounded'] as const).map((side) => ({
            label: LABELS[side],
            points: runs
              .filter((run) => run.side === side)
              .map(({ events, rss }) => ({ x: events, y: rss / 2 ** 20 })),
          })),
        ),
      },
    }
  },
}
