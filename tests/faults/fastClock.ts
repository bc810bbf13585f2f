import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/core/clock.ts'

/** Real time, so many times as fast: leases run out within milliseconds. */
export function fastClock(factor: number): Clock {
  const startMs = Date.now()
  return {
    now: () => startMs + (Date.now() - startMs) * factor,
    async sleep(delayMs, signal) {
      const options = signal === undefined ? {} : { signal }
      await delay(delayMs / factor, undefined, options).catch(() => {})
    },
  }
}
