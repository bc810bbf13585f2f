import { measure, type Part } from '../part.ts'
import { claim, mebibytes, table, thousands } from '../section.ts'

/** Bytes a key, by the side of `bench/windowDedup.ts`. */
const LIMITS: Readonly<Record<string, number>> = { bounded: 40, unbounded: 24 }

interface DedupResult {
  readonly side: string
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly bytes: number
  readonly rss: number
}

/** `windowDedup` alone. */
export const dedup: Part<readonly DedupResult[]> = {
  title: 'windowDedup',
  minutes: 3,
  measure: ({ keys }) => measure('windowDedup.ts', ['--keys', String(keys)]),
  show(results, { keys }) {
    const rows = results.map(({ side, records, seconds, cpuSeconds, bytes, rss }) => [
      side === 'set' ? '`Set<string>`' : `\`windowDedup\`, ${side}`,
      thousands(records / seconds),
      `${thousands((cpuSeconds * 1e9) / records)} ns`,
      (bytes / keys).toFixed(1),
      mebibytes(rss),
    ])
    const head = ['', 'records/s', 'CPU a record', 'bytes a key', 'memory']
    return {
      text: `${thousands(keys)} keys in the window, every tenth record a repeat, all of them found.\n\n${table(head, rows)}`,
      claims: results.flatMap(({ side, bytes }) => {
        const atMost = LIMITS[side]
        if (atMost === undefined) return []
        const show = (value: number): string => `${value.toFixed(1)} bytes`
        return [claim(`a key of a window, ${side}`, bytes / keys, { atMost }, show)]
      }),
    }
  },
}
