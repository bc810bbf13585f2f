import { expect, test } from 'vitest'
import { SourceError } from '../../src/core/errors.ts'
import { retrying } from '../../src/kafka/retrying.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'
import type { VirtualClock } from '../../src/testing/virtualClock.ts'

/** Lets time pass, and whoever waits for it work in between. */
async function pass(clock: VirtualClock, forMs: number): Promise<void> {
  for (let passed = 0; passed < forMs; passed += 100) {
    await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(100)
  }
}

const passing = (cause: unknown): SourceError =>
  new SourceError(String(cause), { code: 'SBX_KAFKA_UNREACHABLE', retryable: true })

test('tries again until it works', async () => {
  const clock = virtualClock()
  let tries = 0
  const done = retrying({ clock, forMs: 60_000, asError: passing }, async () => {
    if (++tries < 4) throw new Error('not yet')
    return tries
  })
  await pass(clock, 10_000)
  expect(await done).toBe(4)
})

test('gives up in the end, with the last error', async () => {
  const clock = virtualClock()
  let tries = 0
  const done = retrying({ clock, forMs: 5_000, asError: passing }, async () => {
    throw new Error(`try ${++tries}`)
  })
  const refusal = expect(done).rejects.toThrow(/try \d/)
  await pass(clock, 10_000)
  await refusal
  expect(tries).toBeGreaterThan(3)
  expect(tries).toBeLessThan(12)
})

test('does not repeat what will not pass', async () => {
  let tries = 0
  const asError = (): SourceError => new SourceError('no', { code: 'SBX_KAFKA_AUTH' })
  await expect(
    retrying({ clock: virtualClock(), forMs: 60_000, asError }, async () => {
      tries++
      throw new Error('no')
    }),
  ).rejects.toMatchObject({ code: 'SBX_KAFKA_AUTH' })
  expect(tries).toBe(1)
})

test('stops when it is told to', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const done = retrying(
    { clock, signal: stop.signal, forMs: 60_000, asError: passing },
    async () => {
      throw new Error('not yet')
    },
  )
  const refusal = expect(done).rejects.toThrow('not yet')
  stop.abort()
  await pass(clock, 200)
  await refusal
})
