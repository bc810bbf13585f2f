import { expect, test } from 'vitest'
import { atMost } from '../../../src/kafka/client/atMost.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

test('waits for the work, and no longer than that', async () => {
  const clock = virtualClock()
  await atMost(clock, 1_000, Promise.resolve())
  await atMost(clock, 1_000, Promise.reject(new Error('a failure is an end too')))
  let isOver = false
  const waiting = atMost(clock, 1_000, new Promise(() => {})).then(() => (isOver = true))
  await clock.advance(999)
  expect(isOver).toBe(false)
  await clock.advance(1)
  await waiting
  expect(isOver).toBe(true)
})
