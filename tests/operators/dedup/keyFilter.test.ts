import { expect, test } from 'vitest'
import { fingerprintTable } from '../../../src/operators/dedup/fingerprintTable.ts'
import { keyFilter } from '../../../src/operators/dedup/keyFilter.ts'
import { randomKeys } from './randomKeys.ts'

const KEYS = 200_000
const SEGMENT_BITS = 63

test('knows all its keys, and few others, with 1.5 bytes a key and a block a segment', () => {
  const table = fingerprintTable(Infinity)
  const draw = randomKeys()
  const keys = draw(KEYS)
  for (let at = 0; at < keys.length; at += 4) table.add(keys, at, 0)
  const filters = table.drain().map((segment) => keyFilter(segment, 4))
  const mayHave = (batch: Int32Array, at: number): boolean =>
    filters[batch[at + 3]! & SEGMENT_BITS]!.mayHave(batch, at)
  let found = 0
  for (let at = 0; at < keys.length; at += 4) if (mayHave(keys, at)) found++
  expect(found).toBe(KEYS)
  const others = draw(KEYS)
  let taken = 0
  for (let at = 0; at < others.length; at += 4) if (mayHave(others, at)) taken++
  expect(taken / KEYS).toBeLessThan(0.015)
  const bytes = filters.reduce((sum, filter) => sum + filter.bytes, 0)
  expect(bytes).toBeLessThanOrEqual(KEYS * 1.5 + 64 * filters.length)
})
