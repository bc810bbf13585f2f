import { expect, test } from 'vitest'
import { filter } from '../../src/operators/filter.ts'
import { feed } from './feed.ts'

test('lets through what the predicate holds for, and filters the rest', () => {
  const { out, filtered } = feed(
    filter((n: number) => n % 2 === 0),
    [1, 2, 3, 4],
  )
  expect(out).toEqual([2, 4])
  expect(filtered).toEqual([1, 3])
})

test('sees the envelope', () => {
  const own = filter((_: number, { source }) => source === 'a')
  expect(feed(own, [1], { source: 'a' }).out).toEqual([1])
  expect(feed(own, [1], { source: 'b' }).filtered).toEqual([1])
})

test('a predicate that throws stops the run, or rejects the record', () => {
  const broken = (): boolean => {
    throw new Error('no')
  }
  expect(() => feed(filter(broken), [1])).toThrow('no')
  const { out, filtered, rejected } = feed(filter(broken, { onError: 'reject' }), [1])
  expect([out, filtered]).toEqual([[], []])
  expect(rejected).toEqual([{ reason: 'operator_error', detail: 'Error: no' }])
})

test('has the port filtered, and rejected where it rejects', () => {
  expect(filter(() => true).ports).toEqual(['filtered'])
  expect(filter(() => true, { onError: 'reject' }).ports).toEqual(['filtered', 'rejected'])
})
