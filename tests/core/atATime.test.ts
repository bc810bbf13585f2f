import { expect, test } from 'vitest'
import { atATime } from '../../src/core/atATime.ts'

test('answers in order, however long each takes, and does no more at a time than it may', async () => {
  let [under, most] = [0, 0]
  const answers = await atATime(3, [5, 1, 4, 2, 3, 0], async (turns) => {
    most = Math.max(most, ++under)
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    under--
    return turns * 10
  })
  expect(answers).toEqual([50, 10, 40, 20, 30, 0])
  expect(most).toBe(3)
})

test('fails with what fails, and begins nothing for nothing', async () => {
  await expect(atATime(2, [1, 2], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await atATime(2, [], () => Promise.reject(new Error('no')))).toEqual([])
})

test('where one fails no other begins, and what has begun is waited for', async () => {
  const begun: number[] = []
  let ended = 0
  const work = async (item: number) => {
    begun.push(item)
    if (item === 1) throw new Error('no')
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    ended++
  }
  await expect(atATime(2, [0, 1, 2, 3], work)).rejects.toThrow('no')
  expect(begun).toEqual([0, 1])
  expect(ended).toBe(1)
})
