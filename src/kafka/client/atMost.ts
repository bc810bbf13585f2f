import type { Clock } from '../../core/clock.ts'

/** Waits for work that is a courtesy: no longer than this, and whatever comes of it. */
export async function atMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController()
  await Promise.race([work.catch(() => {}), clock.sleep(limitMs, ended.signal)])
  ended.abort()
}
