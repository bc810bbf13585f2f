import { measure, type Part } from '../part.ts'
import { claim, table, thousands } from '../section.ts'

const ROUNDS_EACH = 4
const LIMITS_MS: Readonly<Record<string, number>> = { '--help': 150, 'first record read': 400 }

interface Started {
  readonly side: string
  readonly leastMs: number
  readonly medianMs: number
  readonly medianCpuMs?: number
}

const milliseconds = (ms: number): string => `${thousands(ms)} ms`

/** From the start of the process. */
export const start: Part<readonly Started[]> = {
  title: 'Start',
  minutes: 1,
  measure: ({ rounds }) => measure('startUp.ts', ['--rounds', String(rounds * ROUNDS_EACH)]),
  show(figures) {
    const rows = figures.map(({ side, leastMs, medianMs, medianCpuMs }) => [
      side,
      milliseconds(medianMs),
      milliseconds(leastMs),
      medianCpuMs === undefined ? '' : milliseconds(medianCpuMs),
    ])
    const head = ['', 'median', 'least', 'CPU']
    return {
      text: `\`node topologies/full.ts\`, beside Node itself.\n\n${table(head, rows)}`,
      claims: figures.flatMap(({ side, medianMs }) => {
        const atMost = LIMITS_MS[side]
        if (atMost === undefined) return []
        return [claim(`from the start: ${side}`, medianMs, { atMost }, milliseconds)]
      }),
    }
  },
}
