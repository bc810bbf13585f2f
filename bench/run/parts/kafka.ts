import { least, median } from '../../harness/figures.ts'
import type { Measured } from '../../harness/runApart.ts'
import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table, thousands } from '../section.ts'

const NAMES: Readonly<Record<string, string>> = {
  sluicebox: 'Kafka → Bronze + Silver',
  eachBatch: 'kafkajs, only counting',
}
const WANTED = 160_000

interface KafkaRuns {
  readonly sides: Readonly<Record<string, readonly Measured[]>>
}

/** From a topic to Bronze and Silver, beside what the client can do at all. */
export const kafka: Part<KafkaRuns> = {
  title: 'Kafka to Bronze and Silver',
  minutes: 10,
  measure: ({ steady: tweets, rounds }) =>
    measure('kafkaToSilver.ts', ['--tweets', String(tweets), '--rounds', String(rounds)]),
  show({ sides }, { steady: tweets, rounds }) {
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
    const rate = tweets / median(sides['sluicebox']!.map((run) => run.seconds))
    const each = (value: number): string => `${thousands(value)} records/s`
    return {
      text: `${thousands(tweets)} tweets in 4 partitions, the broker on the same cores, ${rounds} rounds in turns.\n\n${table(head, rows)}`,
      claims: [claim('Kafka to Bronze and Silver', rate, { atLeast: WANTED }, each)],
    }
  },
}
