import { expect, test } from 'vitest'
import { s3Retries } from '../../src/lake/s3Retries.ts'

const broken = { errorType: 'TRANSIENT' }

/** The pauses of one request that always fails, ms. */
async function pauses(strategy: ReturnType<typeof s3Retries>): Promise<readonly number[]> {
  const found: number[] = []
  let token = await strategy.acquireInitialRetryToken()
  for (;;) {
    const next = await strategy.refreshRetryTokenForRetry(token, broken).catch(() => undefined)
    if (next === undefined) return found
    found.push(next.getRetryDelay())
    token = next
  }
}

test('waits longer and longer, up to a bound, and gives up in the end', async () => {
  const strategy = s3Retries(
    () => 9,
    () => 1,
  )
  expect(await pauses(strategy)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
})

test('gives each request all of its tries, however many fail at once', async () => {
  const strategy = s3Retries(() => 10)
  const all = await Promise.all(Array.from({ length: 500 }, () => pauses(strategy)))
  for (const one of all) expect(one).toHaveLength(9)
})

test('does not repeat what will not pass', async () => {
  const strategy = s3Retries(() => 10)
  const token = await strategy.acquireInitialRetryToken()
  const refused = strategy.refreshRetryTokenForRetry(token, { errorType: 'CLIENT_ERROR' })
  await expect(refused).rejects.toThrow()
})
