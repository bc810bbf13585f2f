import { describe, expect, test } from 'vitest'
import { fingerprintTable, SEGMENTS } from '../../../src/operators/dedup/fingerprintTable.ts'
import { randomKeys } from './randomKeys.ts'

const BASE = 128 * 1024
const ROUND = 1000

describe.each([
  { window: 'unbounded', windowMs: Infinity, bytesPerKey: 24 },
  { window: 'bounded', windowMs: 1000, bytesPerKey: 40 },
])('a table for a window that is $window', ({ windowMs, bytesPerKey }) => {
  test(`takes at most ${bytesPerKey} bytes a key and ${BASE} more, at every size`, () => {
    const table = fingerprintTable(windowMs)
    const draw = randomKeys()
    expect(table.size().bytes).toBeLessThanOrEqual(BASE)
    let worst = 0
    for (let keys = 0; keys < 500_000; keys += ROUND) {
      const batch = draw(ROUND)
      for (let at = 0; at < batch.length; at += 4) table.add(batch, at, 0)
      const { bytes, keys: held } = table.size()
      worst = Math.max(worst, (bytes - BASE) / held)
    }
    expect(table.size().keys).toBe(500_000)
    expect(worst).toBeLessThanOrEqual(bytesPerKey)
  })

  test('finds every key again, and no other, through all its growing', () => {
    const table = fingerprintTable(windowMs)
    const draw = randomKeys()
    const keys = draw(100_000)
    const added = (batch: Int32Array): number => {
      let count = 0
      for (let at = 0; at < batch.length; at += 4) if (table.add(batch, at, 7)) count++
      return count
    }
    expect(added(keys)).toBe(100_000)
    expect(added(keys)).toBe(0)
    expect(added(draw(1000))).toBe(1000)
    expect(table.size().keys).toBe(101_000)
  })

  test('tells keys apart that differ in one bit of any word', () => {
    const table = fingerprintTable(windowMs)
    const keys: number[] = []
    for (let bit = 0; bit < 128; bit++) {
      const words = [3, 3, 3, 3]
      words[bit >> 5]! ^= 1 << (bit & 31)
      keys.push(...words)
    }
    const all = Int32Array.from([3, 3, 3, 3, ...keys])
    const add = (at: number): boolean => table.add(all, at, 0)
    const places = Array.from({ length: 129 }, (_, i) => i * 4).filter((at) => all[at] !== 0)
    expect(places.every(add)).toBe(true)
    expect(places.some(add)).toBe(false)
  })

  test('holds as many keys that begin in the same place as there are', () => {
    const table = fingerprintTable(windowMs)
    const crowd = new Int32Array(4 * 2000)
    for (const first of [-1, 1]) {
      for (let i = 0; i < 2000; i++) crowd.set([first, i, 0, 0], i * 4)
      const all = Array.from({ length: 2000 }, (_, i) => i * 4)
      expect(all.every((at) => table.add(crowd, at, 0))).toBe(true)
      expect(all.some((at) => table.add(crowd, at, 0))).toBe(false)
    }
  })
})

test('warming keys changes nothing', () => {
  const table = fingerprintTable(Infinity)
  const keys = randomKeys()(100)
  table.warm(keys, 0, keys.length)
  expect(table.size().keys).toBe(0)
  expect(table.add(keys, 0, 0)).toBe(true)
})

test('a bounded table takes at most 40 bytes for each key that it may not forget', () => {
  const table = fingerprintTable(1000)
  const draw = randomKeys()
  const perRound = 4000
  const roundMs = 100
  // Ten rounds are within the window; older ones may go.
  for (let round = 0; round < 80; round++) {
    const batch = draw(perRound)
    for (let at = 0; at < batch.length; at += 4) table.add(batch, at, round * roundMs)
    table.forgetBefore((round - 10) * roundMs)
    if (round < 20) continue
    expect(table.size().bytes).toBeLessThanOrEqual(BASE + 40 * 11 * perRound)
  }
})

test('a bounded table still knows the keys at the horizon', () => {
  const table = fingerprintTable(1000)
  const draw = randomKeys()
  const kept = draw(1)
  table.add(kept, 0, 500)
  table.forgetBefore(500)
  table.forgetBefore(0)
  const others = draw(50_000)
  for (let at = 0; at < others.length; at += 4) table.add(others, at, 2000)
  expect(table.add(kept, 0, 600)).toBe(false)
})

test('hands its segments over and is empty then', () => {
  const table = fingerprintTable(Infinity)
  const keys = randomKeys()(5000)
  for (let at = 0; at < keys.length; at += 4) table.add(keys, at, 0)
  const segments = table.drain()
  expect(segments.length).toBe(SEGMENTS)
  expect(segments.reduce((sum, { used }) => sum + used, 0)).toBe(5000)
  expect(table.size().keys).toBe(0)
  expect(table.add(keys, 0, 0)).toBe(true)
})
