import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'

/** Work shorter than this goes on, ms. */
const SHORT_MS = 4
/** What lies between two breaths was mostly waiting where it was longer, ms. */
const LONG_MS = 200

/**
 * Paces background work: after some milliseconds of it, others on this thread get their turn, and then it
 * rests for `rest` times as long as it has worked.
 *
 * @param signal aborted: the next breath rejects with its reason
 */
export function breather(clock: Clock, rest: number, signal: AbortSignal): () => Promise<void> {
  let sinceMs = performance.now()
  return async () => {
    signal.throwIfAborted()
    const workedMs = Math.min(performance.now() - sinceMs, LONG_MS)
    if (workedMs < SHORT_MS) return
    await (rest === 0 ? nextTurn() : clock.sleep(workedMs * rest, signal))
    signal.throwIfAborted()
    sinceMs = performance.now()
  }
}
