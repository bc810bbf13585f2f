import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

/** The machine's own time. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  async sleep(delayMs: number, signal?: AbortSignal) {
    try {
      await delay(delayMs, undefined, signal === undefined ? {} : { signal })
    } catch {
      // Aborted: whoever sleeps looks at the signal himself.
    }
  },
})
