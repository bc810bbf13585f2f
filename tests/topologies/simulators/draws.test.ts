import { expect, test } from 'vitest'

import { draws } from '../../../topologies/simulators/draws.ts'
import { zipf } from '../../../topologies/simulators/zipf.ts'

const COUNT = 20_000

test('gives an index the same numbers in any order', () => {
  const one = draws(5, 'test')
  const other = draws(5, 'test')
  one.at(17)
  const numbers = [one.below(1000), one.below(1000)]
  other.at(3)
  other.below(10)
  other.at(17)
  expect([other.below(1000), other.below(1000)]).toEqual(numbers)
})

test('gives other numbers to other seeds, purposes and indices', () => {
  const first = (seed: number, purpose: string, index: number): number => {
    const draw = draws(seed, purpose)
    draw.at(index)
    return draw.below(2 ** 31)
  }
  const numbers = [first(1, 'a', 0), first(2, 'a', 0), first(1, 'b', 0), first(1, 'a', 1)]
  expect(new Set(numbers).size).toBe(4)
})

test('spreads evenly below the limit', () => {
  const draw = draws(1, 'test')
  const found = new Array<number>(10).fill(0)
  for (let index = 0; index < COUNT; index++) {
    draw.at(index)
    found[draw.below(10)]!++
  }
  for (const count of found) expect(Math.abs(count / COUNT - 0.1)).toBeLessThan(0.01)
})

test('has a heavy tail above the median', () => {
  const draw = draws(1, 'test')
  draw.at(0)
  const numbers = Array.from({ length: COUNT }, () => draw.heavyTail(100)).sort((a, b) => a - b)
  expect(numbers[0]).toBeGreaterThanOrEqual(0)
  expect(Math.abs(numbers[COUNT / 2]! - 100)).toBeLessThan(5)
  expect(numbers.at(-1)).toBeGreaterThan(100_000)
})

test('picks ranks in proportion to their popularity', () => {
  const pick = zipf(20)
  const draw = draws(1, 'test')
  draw.at(0)
  const found = new Array<number>(20).fill(0)
  for (let n = 0; n < COUNT; n++) found[pick(draw)]!++
  expect(found[0]! / found[1]!).toBeCloseTo(2, 0)
  expect(found[0]! / found[9]!).toBeGreaterThan(8)
  expect(found[19]).toBeGreaterThan(0)
})
