import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { oneByOne } from '../../src/runtime/oneByOne.ts'

test('who gives waits until it is taken, and who takes until it is given', async () => {
  const place = oneByOne<number>()
  const events: string[] = []
  const given = place.give(1).then(() => events.push('given'))
  await setImmediate()
  expect(events).toEqual([])
  expect(await place.take()).toBe(1)
  await given
  const taken = place.take()
  await place.give(2)
  expect(await taken).toBe(2)
})

test('at the end there is nothing, and what was given before still is there', async () => {
  const place = oneByOne<number>()
  void place.give(1)
  place.end()
  expect(await place.take()).toBe(1)
  expect(await place.take()).toBeUndefined()
})

test('a failure is told to who waits and to who comes later, instead of what was given', async () => {
  const place = oneByOne<number>()
  const waiting = expect(place.take()).rejects.toThrow('broken')
  place.fail(new Error('broken'))
  await waiting
  void place.give(1)
  place.fail(new Error('broken'))
  await expect(place.take()).rejects.toThrow('broken')
})

test('what is given after a failure is not taken, also where somebody waited for it', async () => {
  const place = oneByOne<number>()
  const waiting = place.take()
  place.fail(new Error('broken'))
  let isTaken = false
  void place.give(1).then(() => (isTaken = true))
  await expect(waiting).rejects.toThrow('broken')
  await expect(place.take()).rejects.toThrow('broken')
  expect(isTaken).toBe(false)
})
