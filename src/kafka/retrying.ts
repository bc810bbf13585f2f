import type { Clock } from '../core/clock.ts'
import type { SluiceboxError } from '../core/errors.ts'

export interface Retries {
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** How long to go on, ms. */
  readonly forMs: number
  /** What a failure means: only retryable ones are tried again. */
  asError(cause: unknown): SluiceboxError
}

const FIRST_MS = 100
const LONGEST_MS = 2_000

/** How long to wait after so many failures in a row, ms. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
}

/** Does the work, again and again with growing pauses while it fails for what may pass. */
export async function retrying<T>(retries: Retries, work: () => Promise<T>): Promise<T> {
  const { clock, signal, forMs, asError } = retries
  const until = clock.now() + forMs
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (cause) {
      const error = asError(cause)
      const pauseMs = backoffMs(failures)
      if (!error.retryable || signal?.aborted || clock.now() + pauseMs > until) throw error
      await clock.sleep(pauseMs, signal)
    }
  }
}
