import { expect, test } from 'vitest'
import { breather } from '../../../src/runtime/maintenance/breather.ts'

const work = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
}

function clockOf() {
  const slept: number[] = []
  return { slept, now: () => 0, sleep: async (ms: number) => void slept.push(ms) }
}

test('rests in proportion to what was worked, and not at all for little', async () => {
  const clock = clockOf()
  const breathe = breather(clock, 3, new AbortController().signal)
  await breathe()
  expect(clock.slept).toEqual([])
  work(6)
  await breathe()
  expect(clock.slept).toHaveLength(1)
  expect(clock.slept[0]).toBeGreaterThanOrEqual(18)
  work(260)
  await breathe()
  expect(clock.slept[1]).toBe(600)
})

test('lets others run, even without a rest', async () => {
  const clock = clockOf()
  const breathe = breather(clock, 0, new AbortController().signal)
  let others = 0
  setImmediate(() => others++)
  work(6)
  await breathe()
  expect(others).toBe(1)
  expect(clock.slept).toEqual([])
})

test('rejects once it is told to give up', async () => {
  const giveUp = new AbortController()
  const breathe = breather(clockOf(), 3, giveUp.signal)
  giveUp.abort(new Error('enough'))
  await expect(breathe()).rejects.toThrow('enough')
})
