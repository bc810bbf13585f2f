import { expect, test } from 'vitest'
import { flatMap } from '../../src/operators/flatMap.ts'
import { feed } from './feed.ts'

test('turns each record into any number of others, in order', () => {
  expect(
    feed(
      flatMap((n: number) => Array<number>(n).fill(n)),
      [2, 0, 1],
    ).out,
  ).toEqual([2, 2, 1])
})

test('takes generators', () => {
  const words = flatMap(function* (text: string) {
    yield* text.split(' ')
  })
  expect(feed(words, ['a b', 'c']).out).toEqual(['a', 'b', 'c'])
})

test('sees the envelope', () => {
  const sources = flatMap((n: number, { source }) => [source, String(n)])
  expect(feed(sources, [1], { source: 'a' }).out).toEqual(['a', '1'])
})

test('with onError reject, a record gives all its results or none', () => {
  const failing = flatMap(
    function* (n: number) {
      yield n
      if (n === 2) throw new Error('midway')
      yield n
    },
    { onError: 'reject' },
  )
  const { out, rejected } = feed(failing, [1, 2, 3])
  expect(out).toEqual([1, 1, 3, 3])
  expect(rejected).toEqual([{ reason: 'operator_error', detail: 'Error: midway' }])
})

test('without it, what was thrown comes out', () => {
  const failing = flatMap(() => {
    throw new Error('no')
  })
  expect(() => feed(failing, [1])).toThrow('no')
})

test('may give many records for one', () => {
  expect(flatMap(() => [])).toMatchObject({ type: 'flatMap', expands: 'many', ports: [] })
})
