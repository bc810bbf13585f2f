/** What the SDK knows of a request that failed. */
interface Failure {
  readonly errorType: string
}
interface Token {
  getRetryCount(): number
  getRetryDelay(): number
}

const FIRST_MS = 100
const LONGEST_MS = 5_000
/** What may pass: a broken connection, no answer in time, 5xx, and a server that wants to be asked less. */
const PASSING = new Set(['TRANSIENT', 'THROTTLING'])

/**
 * How often a request is sent, and after which pauses. The SDK's own strategy lends all requests of a client one
 * budget of retries: a few dozen that fail at the same time use it up within a second, and then none is tried again,
 * while a server starts.
 *
 * @param tries - How often a request is sent, the first time included.
 */
export function s3Retries(tries: () => number, random: () => number = Math.random) {
  const token = (count: number, delayMs: number): Token => ({
    getRetryCount: () => count,
    getRetryDelay: () => delayMs,
  })
  return {
    acquireInitialRetryToken: async (): Promise<Token> => token(0, 0),
    async refreshRetryTokenForRetry(before: Token, { errorType }: Failure): Promise<Token> {
      const count = before.getRetryCount() + 1
      if (count >= tries() || !PASSING.has(errorType)) throw new Error('not to be tried again')
      const pauseMs = Math.min(FIRST_MS * 2 ** (count - 1), LONGEST_MS)
      return token(count, pauseMs / 2 + (random() * pauseMs) / 2)
    },
    recordSuccess(): void {},
  }
}
