import type { Clock } from '../../core/clock.ts'

/** A connection ends when its last answer is there: one that a broker owes may never come, ms. */
export const CLOSE_MS = 2_000

/** Waits for work that is a courtesy: no longer than this, and whatever comes of it. */
export async function atMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController()
  await Promise.race([work.catch(() => {}), clock.sleep(limitMs, ended.signal)])
  ended.abort()
}
