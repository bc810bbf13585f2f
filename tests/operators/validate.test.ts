import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { StandardSchema } from '../../src/core/standardSchema.ts'
import { validate } from '../../src/operators/validate.ts'
import { feed } from './feed.ts'

const Tweet = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  counts: v.object({
    likes: v.pipe(v.number(), v.integer(), v.minValue(0)),
    replies: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  tags: v.array(v.string()),
})
const tweet = {
  id: '1',
  createdAt: '2024-01-01T00:00:00Z',
  counts: { likes: 1, replies: 0 },
  tags: ['a'],
}
const reasons = [
  { reason: 'missing_id', paths: ['id'], when: (id: unknown) => !id },
  { reason: 'bad_timestamp', paths: ['createdAt'] },
  { reason: 'negative_count', paths: ['counts.*'] },
]

test('passes on what the schema accepts, as the very object it is', () => {
  const record = { ...tweet, unknown: true }
  const { out, rejected } = feed(validate(Tweet), [record])
  expect(out[0]).toBe(record)
  expect(rejected).toEqual([])
})

test('rejects what it refuses, and names the path', () => {
  const { out, rejected } = feed(validate(Tweet), [{ ...tweet, tags: ['a', 5] }, null, 'text'])
  expect(out).toEqual([])
  expect(rejected).toEqual([
    { reason: 'invalid_field', detail: 'tags.1: Invalid type: Expected string but received 5' },
    {
      reason: 'invalid_field',
      detail: 'the record: Invalid type: Expected Object but received null',
    },
    {
      reason: 'invalid_field',
      detail: 'the record: Invalid type: Expected Object but received "text"',
    },
  ])
})

describe('reasons', () => {
  const reject = (record: unknown) => feed(validate(Tweet, { reasons }), [record]).rejected[0]

  test('go by path', () => {
    expect(reject({ ...tweet, createdAt: 'yesterday' })?.reason).toBe('bad_timestamp')
    expect(reject({ ...tweet, counts: { likes: 1, replies: 1.5 } })).toEqual({
      reason: 'negative_count',
      detail: 'counts.replies: Invalid integer: Received 1.5',
    })
  })

  test('the first in order decides, wherever its issue stands', () => {
    const all = { tags: 5, counts: { likes: -1, replies: 1 }, createdAt: '', id: '' }
    expect(reject(all)?.reason).toBe('missing_id')
    expect(reject({ ...all, id: '1' })?.reason).toBe('bad_timestamp')
    expect(reject({ ...all, id: '1', createdAt: tweet.createdAt })?.reason).toBe('negative_count')
  })

  test('may depend on the value: an id that is a number is there, but wrong', () => {
    expect(reject({ ...tweet, id: 5 })).toMatchObject({ reason: 'invalid_field' })
    expect(reject({ ...tweet, id: null })?.reason).toBe('missing_id')
    const { id: _, ...without } = tweet
    expect(reject(without)?.reason).toBe('missing_id')
  })

  test('a wildcard is one key, no more and no less', () => {
    expect(reject({ ...tweet, counts: null })?.reason).toBe('invalid_field')
  })
})

test('cuts long details', () => {
  const { rejected } = feed(validate(v.pipe(v.string(), v.regex(/^a$/))), ['x'.repeat(10_000)])
  expect(rejected[0]!.detail.length).toBeLessThan(310)
})

test('what a schema changes goes on changed', () => {
  const schema = v.object({
    n: v.pipe(
      v.string(),
      v.transform((text) => Number(text)),
    ),
    lang: v.optional(v.string(), 'en'),
  })
  expect(feed(validate(schema), [{ n: '5', more: 1 }]).out).toEqual([{ n: 5, lang: 'en' }])
})

test('takes any Standard Schema', () => {
  const Even: StandardSchema<number> = {
    '~standard': {
      version: 1,
      vendor: 'mine',
      validate: (value) =>
        typeof value === 'number' && value % 2 === 0
          ? { value }
          : { issues: [{ message: 'must be even', path: [{ key: 'n' }, 0] }] },
    },
  }
  const { out, rejected } = feed(validate(Even), [2, 3])
  expect(out).toEqual([2])
  expect(rejected).toEqual([{ reason: 'invalid_field', detail: 'n.0: must be even' }])
})

test('stops at a schema that answers later', () => {
  const later = v.pipeAsync(
    v.string(),
    v.checkAsync(async () => true),
  )
  expect(() => feed(validate(later), ['a'])).toThrow('asynchronous')
})

test('describes its reasons in order', () => {
  expect(validate(Tweet, { reasons }).options).toEqual({
    schema: 'valibot',
    reasons: ['missing_id', 'bad_timestamp', 'negative_count'],
  })
})
