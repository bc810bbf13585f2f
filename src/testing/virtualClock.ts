import type { Clock } from '../core/clock.ts'

/** Time that stands still until a test moves it. */
export interface VirtualClock extends Clock {
  /** Moves time forward; whoever slept until then wakes up, in order. */
  advance(byMs: number): Promise<void>
}

interface Sleeper {
  readonly untilMs: number
  wake(): void
}

/**
 * A clock for tests.
 *
 * @param startMs - What `now()` says at first, ms since 1970 UTC. @defaultValue 2024-01-01
 * @example
 * ```ts
 * const clock = virtualClock()
 * await clock.advance(minutes(10))
 * ```
 */
export function virtualClock(startMs: number = Date.UTC(2024, 0, 1)): VirtualClock {
  let nowMs = startMs
  const sleepers = new Set<Sleeper>()
  return {
    now: () => nowMs,
    sleep(delayMs, signal) {
      if (signal?.aborted || delayMs <= 0) return Promise.resolve()
      return new Promise((resolve) => {
        const wake = (): void => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { untilMs: nowMs + delayMs, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      })
    },
    async advance(byMs) {
      const endMs = nowMs + byMs
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.untilMs - b.untilMs)[0]
        if (next === undefined || next.untilMs > endMs) break
        nowMs = next.untilMs
        next.wake()
        // Whoever woke up runs before the next one does.
        await new Promise((resolve) => setImmediate(resolve))
      }
      nowMs = endMs
    },
  }
}
