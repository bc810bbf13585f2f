import { expect, test } from 'vitest'
import { allOf } from '../../src/core/allOf.ts'

test('answers in order, each with its type', async () => {
  const [number, text] = await allOf([Promise.resolve(1), Promise.resolve('two')])
  expect([number + 1, text.length]).toEqual([2, 3])
})

test('fails with the first in the list, once none is under way any more', async () => {
  let finish = (): void => {}
  const slow = new Promise<void>((resolve) => (finish = resolve))
  let isOver = false
  const all = allOf([
    slow.then(() => Promise.reject(new Error('the first in the list'))),
    Promise.reject(new Error('the first in time')),
  ]).finally(() => (isOver = true))
  all.catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(isOver).toBe(false)
  finish()
  await expect(all).rejects.toThrow('the first in the list')
})
