import { expect, test } from 'vitest'
import { underWay } from '../../../src/runtime/memory/underWay.ts'

const never = new AbortController().signal

/** Whether it has resolved by now. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

test('lets a task read until so many bytes are under way, and again when some are done', async () => {
  const task = underWay(100).open()
  await task.room(never)
  task.take(60)
  await task.room(never)
  task.take(60)
  const room = task.room(never)
  expect(await isSettled(room)).toBe(false)
  task.give(60)
  await room
})

test('lets every task have one batch, however large', async () => {
  const all = underWay(100)
  const [first, second] = [all.open(), all.open()]
  first.take(5000)
  await second.room(never)
  second.take(1)
  const room = second.room(never)
  expect(await isSettled(room)).toBe(false)
  // What others are done with counts too.
  first.give(5000)
  await room
})

test('forgets a task that is closed with batches under way', async () => {
  const all = underWay(100)
  const [first, second] = [all.open(), all.open()]
  first.take(99)
  second.take(1)
  const room = second.room(never)
  expect(await isSettled(room)).toBe(false)
  first.close()
  await room
})

test('keeps nobody who is to end', async () => {
  const ending = new AbortController()
  const task = underWay(1).open()
  task.take(5)
  const room = task.room(ending.signal)
  expect(await isSettled(room)).toBe(false)
  ending.abort()
  await room
  await task.room(ending.signal)
})
