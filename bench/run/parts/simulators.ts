import { measure, type Part } from '../part.ts'
import { table, thousands, times } from '../section.ts'

interface Simulated {
  readonly name: string
  readonly perSecond: number
  readonly perCpuSecond: number
  readonly peerPerCpuSecond?: number
}

/** The simulators, beside Faker called for every field. */
export const simulators: Part<readonly Simulated[]> = {
  title: 'Simulators',
  minutes: 1,
  measure: ({ events }) => measure('simulators.ts', ['--events', String(events)]),
  show(results) {
    const rows = results.map(({ name, perSecond, perCpuSecond, peerPerCpuSecond }) => [
      name,
      thousands(perSecond),
      thousands(perCpuSecond),
      peerPerCpuSecond === undefined ? '' : times(perCpuSecond / peerPerCpuSecond),
    ])
    return { text: table(['', 'events/s', 'a CPU second', 'beside Faker for every field'], rows) }
  },
}
