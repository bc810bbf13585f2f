import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { decodeShapes } from '../../src/operators/decodeShapes.ts'
import { envelopeOf, feed, utf8 } from './feed.ts'

const has = (key: string) => (keys: readonly string[]) => keys.includes(key)
const shapes = [
  { name: 'rows', format: 'csv', matches: has('title') },
  { name: 'tweets', format: 'ndjson', matches: has('id_str') },
  { name: 'tweets', format: 'json', matches: has('id_str'), elements: ['statuses'] },
] as const
const operator = decodeShapes({ shapes })

test('decodes by the shape that the envelope names', () => {
  expect(feed(operator, [utf8('a,1')], { shape: 'rows', header: ['title', 'n'] }).out).toEqual([
    { shape: 'rows', data: { title: 'a', n: '1' } },
  ])
  expect(feed(operator, [utf8('{"id":922440008971292672}')], { shape: 'tweets' }).out).toEqual([
    { shape: 'tweets', data: { id: 922440008971292672n } },
  ])
})

test('rejects broken records of either kind', () => {
  const csv = feed(operator, [utf8('a')], { shape: 'rows', header: ['title', 'n'] })
  const json = feed(operator, [utf8('a')], { shape: 'tweets' })
  for (const { out, rejected } of [csv, json]) {
    expect(out).toEqual([])
    expect(rejected).toMatchObject([{ reason: 'broken_record' }])
  }
})

test('counts what it mended', () => {
  const bytes = Buffer.from([0x22, 0xff, 0x22])
  expect(feed(operator, [bytes], { shape: 'tweets' }).repaired).toBe(1)
})

test('without a shape in the envelope, the keys of the JSON decide', () => {
  const { out, rejected } = feed(
    operator,
    ['{"id_str":"1"}', '{"title":"a","n":"1"}', '{"what":1}', '5', '{'].map(utf8),
  )
  expect(out).toEqual([
    { shape: 'tweets', data: { id_str: '1' } },
    { shape: 'rows', data: { title: 'a', n: '1' } },
  ])
  expect(rejected).toMatchObject([
    { reason: 'unknown_shape', detail: 'no known shape has the keys what' },
    { reason: 'unknown_shape' },
    { reason: 'broken_record' },
  ])
})

test('what no shape matches may be given one', () => {
  const forgiving = decodeShapes({ shapes, otherwise: 'tweets' })
  expect(feed(forgiving, [utf8('{"what":1}'), utf8('5')]).out).toEqual([
    { shape: 'tweets', data: { what: 1 } },
    { shape: 'tweets', data: 5 },
  ])
})

test('refuses no shapes, one name for CSV and for JSON, and an unknown one', () => {
  expect(() => decodeShapes({ shapes: [] })).toThrow('at least one shape')
  const matches = () => true
  const both = [
    { name: 'a', format: 'csv', matches },
    { name: 'a', format: 'json', matches },
  ] as const
  expect(() => decodeShapes({ shapes: both })).toThrow('two names')
  // @ts-expect-error no such shape
  expect(() => decodeShapes({ shapes, otherwise: 'b' })).toThrow('no shape is named b')
})

describe('in front of a check of { shape, data }', () => {
  const schema = v.variant('shape', [
    v.object({ shape: v.literal('tweets'), data: v.object({ id_str: v.string() }) }),
    v.object({ shape: v.literal('rows'), data: v.object({ title: v.string() }) }),
  ])

  /** What was passed as checked, and what was only emitted. */
  function fates(texts: readonly string[], envelope: { shape?: string; source?: string }) {
    const fed = { passed: [] as unknown[], emitted: [] as unknown[] }
    const clock = { now: () => 0, sleep: () => Promise.resolve() }
    const check = { schema, pass: (record: unknown) => void fed.passed.push(record) }
    const onRecord = operator.start({ node: 'test', clock, check })
    const outlet = {
      emit: (record: unknown) => void fed.emitted.push(record),
      reject() {},
      filter() {},
      repaired() {},
    }
    for (const text of texts) onRecord(utf8(text), outlet, envelopeOf(envelope))
    return fed
  }

  test('passes on what the schema accepts, and emits all else', () => {
    const texts = ['{"id_str":"1"}', '{"id_str":1}', '{"id_str":"1","more":1}']
    expect(fates(texts, { shape: 'tweets' })).toEqual({
      passed: [{ shape: 'tweets', data: { id_str: '1' } }],
      emitted: [
        { shape: 'tweets', data: { id_str: 1 } },
        { shape: 'tweets', data: { id_str: '1', more: 1 } },
      ],
    })
  })

  test('finds the shape of records that come without one', () => {
    expect(fates(['{"id_str":"1"}', '{"title":"a"}'], { source: 'topic/0' })).toEqual({
      passed: [{ shape: 'tweets', data: { id_str: '1' } }],
      emitted: [{ shape: 'rows', data: { title: 'a' } }],
    })
  })
})
