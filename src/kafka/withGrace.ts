import type { Clock } from '../core/clock.ts'

/** How long brokers have to answer once the run is to end, ms. */
export const GRACE_MS = 5_000

/**
 * Does work whose tries may take long while the run goes on, and ends soon when that is to end: within
 * `GRACE_MS` it succeeds or is given up, also where it waits for an answer that never comes.
 *
 * @param ending - Aborted: the run is to end, in order or not.
 * @param work - Is handed a signal at which it stops trying again.
 */
export async function withGrace<T>(
  clock: Clock,
  ending: AbortSignal,
  work: (over: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const settled = new AbortController()
  const begin = async (): Promise<void> => {
    await clock.sleep(GRACE_MS, settled.signal)
    if (!settled.signal.aborted) over.abort()
  }
  const onEnding = (): void => void begin()
  if (ending.aborted) onEnding()
  else ending.addEventListener('abort', onEnding, { once: true })
  const expired = new Promise<never>((_, reject) => {
    over.signal.addEventListener('abort', () => reject(noAnswer()), { once: true })
  })
  try {
    return await Promise.race([work(over.signal), expired])
  } finally {
    settled.abort()
    ending.removeEventListener('abort', onEnding)
  }
}

function noAnswer(): Error {
  const error = new Error(`no answer came within ${GRACE_MS} ms after the run was to end`)
  error.name = 'TimeoutError'
  return error
}
