import { expect, test } from 'vitest'
import { GRACE_MS, withGrace } from '../../src/kafka/withGrace.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const never = (): Promise<never> => new Promise(() => {})

test('hands on what comes of the work', async () => {
  const clock = virtualClock()
  const { signal } = new AbortController()
  expect(await withGrace(clock, signal, async () => 7)).toBe(7)
  const failing = withGrace(clock, signal, async () => Promise.reject(new Error('its own')))
  await expect(failing).rejects.toThrow('its own')
})

test('waits as long as it takes while nothing is to end', async () => {
  const clock = virtualClock()
  let finish = (_: string): void => {}
  const done = withGrace(
    clock,
    new AbortController().signal,
    () => new Promise<string>((resolve) => (finish = resolve)),
  )
  await clock.advance(GRACE_MS * 100)
  finish('at last')
  expect(await done).toBe('at last')
})

test.each(['before', 'while'])(
  'gives up soon after the end was asked for %s it ran',
  async (when) => {
    const clock = virtualClock()
    const ending = new AbortController()
    if (when === 'before') ending.abort()
    let over: AbortSignal | undefined
    const done = withGrace(clock, ending.signal, (signal) => {
      over = signal
      return never()
    })
    const refusal = expect(done).rejects.toMatchObject({ name: 'TimeoutError' })
    ending.abort()
    await clock.advance(GRACE_MS - 1)
    expect(over?.aborted).toBe(false)
    await clock.advance(1)
    await refusal
    expect(over?.aborted).toBe(true)
  },
)

test('lets what is answered meanwhile succeed, and leaves no timer', async () => {
  const clock = virtualClock()
  const ending = new AbortController()
  let over: AbortSignal | undefined
  let finish = (): void => {}
  const done = withGrace(clock, ending.signal, (signal) => {
    over = signal
    return new Promise<void>((resolve) => (finish = resolve))
  })
  ending.abort()
  await clock.advance(GRACE_MS / 2)
  finish()
  await done
  await clock.advance(GRACE_MS * 2)
  expect(over?.aborted).toBe(false)
})
