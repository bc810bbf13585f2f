import { expect, test } from 'vitest'
import { stateRooms } from '../../../src/runtime/memory/stateRooms.ts'

test('lets one take what the others leave', () => {
  const rooms = stateRooms(1000)
  const [much, little] = [rooms.open(), rooms.open()]
  expect(little.isShort(100)).toBe(false)
  expect(much.isShort(900)).toBe(false)
})

test('is short for who has more than an equal part, once all is used', () => {
  const rooms = stateRooms(1000)
  const [much, little] = [rooms.open(), rooms.open()]
  much.isShort(900)
  expect(little.isShort(101)).toBe(false)
  expect(much.isShort(900)).toBe(true)
  expect(much.isShort(400)).toBe(false)
  expect(little.isShort(500)).toBe(false)
})

test('shares out anew when one is closed', () => {
  const rooms = stateRooms(1000)
  const [first, second] = [rooms.open(), rooms.open()]
  expect(first.fairBytes()).toBe(500)
  second.isShort(600)
  second.close()
  expect(first.fairBytes()).toBe(1000)
  expect(first.isShort(1000)).toBe(false)
  expect(first.isShort(1001)).toBe(true)
})
