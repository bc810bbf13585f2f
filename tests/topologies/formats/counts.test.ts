import * as v from 'valibot'
import { expect, test } from 'vitest'
import {
  Count,
  countOf,
  CountText,
  isNoCount,
  isNoCountText,
  Score,
  sumOf,
} from '../../../topologies/formats/counts.ts'

test('a count is a whole number of at most 18 digits, not negative', () => {
  for (const count of [0, 5, 2 ** 53 - 1, 2n ** 53n, 10n ** 18n - 1n])
    expect(v.is(Count, count)).toBe(true)
  for (const other of [-1, 1.5, NaN, 2 ** 53, 1e30, -1n, 10n ** 18n, '5', null, true]) {
    expect(v.is(Count, other), String(other)).toBe(false)
  }
})

test('a score may be negative', () => {
  expect([v.is(Score, -5), v.is(Score, -(10n ** 17n)), v.is(Score, -1.5)]).toEqual([
    true,
    true,
    false,
  ])
})

test('in CSV a count is its digits', () => {
  for (const text of ['0', '007', '999999999999999999']) expect(v.is(CountText, text)).toBe(true)
  for (const text of ['', '-1', '+1', '1.0', '1e3', ' 1', '1000000000000000000', '٣', 5]) {
    expect(v.is(CountText, text), String(text)).toBe(false)
  }
  expect(countOf('12')).toBe(12)
  expect(countOf('9007199254740993')).toBe(9007199254740993n)
  expect([countOf(''), countOf(undefined), countOf(null)]).toEqual([null, null, null])
})

test('tells counts that are none from those that are too large, and from what is absent', () => {
  for (const value of [-1, 1.5, -1n, '5', '', null, {}]) expect(isNoCount(value)).toBe(true)
  for (const value of [5, 10n ** 30n, 1e30, undefined]) expect(isNoCount(value)).toBe(false)
  for (const value of ['', '-1', '1.5', 'many', 5]) expect(isNoCountText(value)).toBe(true)
  for (const value of ['5', '9'.repeat(30), undefined]) expect(isNoCountText(value)).toBe(false)
})

test('adds up what is known, exactly', () => {
  expect(sumOf(1, 2)).toBe(3)
  expect(sumOf(2 ** 53 - 1, 2)).toBe(2n ** 53n + 1n)
  expect(sumOf(2n ** 53n, 1)).toBe(2n ** 53n + 1n)
  expect([sumOf(null, 2), sumOf(1, undefined), sumOf(null, undefined)]).toEqual([2, 1, null])
})
