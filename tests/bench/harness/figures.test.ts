import { expect, test } from 'vitest'
import { least, median } from '../../../bench/harness/figures.ts'

test('the middle one, or what is in the middle of two', () => {
  expect(median([30, 10, 20])).toBe(20)
  expect(median([40, 10, 30, 20])).toBe(25)
  expect(median([7])).toBe(7)
  expect(median([])).toBeNaN()
})

test('the least', () => expect(least([3, 1, 2])).toBe(1))
