import { expect, test } from 'vitest'
import { map } from '../../src/operators/map.ts'
import { feed } from './feed.ts'

test('turns each record into one other, in order', () => {
  expect(
    feed(
      map((n: number) => n * 2),
      [1, 2, 3],
    ).out,
  ).toEqual([2, 4, 6])
})

test('hands over the envelope', () => {
  const placed = map((n: number, { source, offset }) => `${source}:${offset}:${n}`)
  expect(feed(placed, [7], { source: 'a.csv', offset: 40 }).out).toEqual(['a.csv:40:7'])
})

test('emits whatever comes out, undefined and promises too', () => {
  expect(
    feed(
      map(() => undefined),
      [1],
    ).out,
  ).toEqual([undefined])
})

test('lets what the function throws through, for the runtime to name the record', () => {
  const broken = map((n: number) => {
    throw new RangeError(`no ${n}`)
  })
  expect(() => feed(broken, [1])).toThrow(RangeError)
})

test('with onError reject, turns down the record that it threw on and goes on', () => {
  const picky = map(
    (n: number) => {
      if (n < 0) throw new RangeError(`${n} is negative`)
      return Math.sqrt(n)
    },
    { onError: 'reject' },
  )
  const { out, rejected } = feed(picky, [4, -1, 9])
  expect(out).toEqual([2, 3])
  expect(rejected).toEqual([{ reason: 'operator_error', detail: 'RangeError: -1 is negative' }])
})

test('does not take an error of the operators behind it for its own', () => {
  const operator = map((n: number) => n, { onError: 'reject' })
  const onRecord = operator.start({ node: 'map', clock: { now: () => 0, sleep: async () => {} } })
  const outlet = {
    emit() {
      throw new Error('downstream')
    },
    reject: () => expect.unreachable(),
    filter: () => {},
    repaired: () => {},
  }
  expect(() => onRecord(1, outlet, undefined as never)).toThrow('downstream')
})

test('describes itself, and has the rejected port only where it rejects', () => {
  expect(map(() => 0)).toMatchObject({ type: 'map', options: { onError: 'throw' }, ports: [] })
  expect(map(() => 0, { onError: 'reject' }).ports).toEqual(['rejected'])
})
