import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { int64, timestamp, timestampText } from '../../../../src/core/columnSchemas.ts'
import {
  constant,
  dayOf,
  dayOfSeconds,
  distinctLower,
  first,
  ingestedAt,
  joined,
  marked,
  microsOf,
  microsOfSeconds,
  sourcePosition,
  sum,
} from '../../../../src/core/projection/expression.ts'
import { projection } from '../../../../src/core/projection/projection.ts'
import { RowStore } from '../../../../src/core/rows/rowStore.ts'
import { viewOf } from '../../../../src/core/rows/rowView.ts'
import { compileRowReader } from '../../../../src/operators/decode/rows/rowReader.ts'
import { decodeJson } from '../../../../src/operators/decodeJson.ts'
import { validate } from '../../../../src/operators/validate.ts'
import type { SchemaNode } from '../../../../src/operators/validate/schemaNode.ts'
import { feed } from '../../feed.ts'
import { batchOf, envelopeIn } from './readRows.ts'

const Count = v.custom<number | bigint>(
  (value) => typeof value === 'bigint' || Number.isSafeInteger(value),
)
const Post = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  user: v.object({
    name: v.nullable(v.string()),
    followers: Count,
    verified: v.boolean(),
    kind: v.picklist(['person', 'bot']),
  }),
  at: timestampText(),
  score: v.nullable(v.number()),
  up: Count,
  down: Count,
  tags: v.array(v.string()),
  links: v.array(v.string()),
  since: v.pipe(v.number(), v.minValue(-62e9), v.maxValue(250e9)),
  title: v.string(),
  body: v.string(),
  flair: v.nullish(v.string()),
  more: v.array(v.object({ x: v.number() })),
})
const Row = v.object({
  site: v.string(),
  id: v.string(),
  name: v.nullable(v.string()),
  followers: int64(),
  verified: v.boolean(),
  kind: v.string(),
  day: v.pipe(v.string(), v.metadata({ column: 'date' })),
  at: timestamp(),
  at_text: v.string(),
  score: v.nullable(v.number()),
  total: v.nullable(int64()),
  tags: v.array(v.string()),
  raw_tags: v.array(v.string()),
  link: v.nullable(v.string()),
  since: timestamp(),
  since_day: v.pipe(v.string(), v.metadata({ column: 'date' })),
  whole: v.string(),
  title: v.string(),
  hashtags: v.array(v.string()),
  mentions: v.array(v.string()),
  read_at: timestamp(),
  position: v.string(),
})
const toRow = projection(Post, Row, (post) => ({
  site: constant('here'),
  id: post.id,
  name: post.user.name,
  followers: post.user.followers,
  verified: post.user.verified,
  kind: post.user.kind,
  day: dayOf(post.at),
  at: microsOf(post.at),
  at_text: post.at,
  score: post.score,
  total: sum(post.up, post.down),
  tags: distinctLower(post.tags),
  raw_tags: post.tags,
  link: first(post.links),
  since: microsOfSeconds(post.since),
  since_day: dayOfSeconds(post.since),
  whole: joined('«', post.title, '\n#', post.body, ' and this is longer than a part'),
  title: post.title,
  hashtags: marked(joined(post.title, '\n', post.body), '#'),
  mentions: marked(post.title, '@'),
  read_at: ingestedAt,
  position: sourcePosition,
}))

const reader = () => compileRowReader(Post, toRow)!
const origin = { source: 'a/ü.ndjson', offset: 1_234_567_890_123, ingestedAtMs: 5 }

/** The row of the record that these bytes are, undefined where the reader leaves it to others. */
function read(bytes: Buffer, end = bytes.length, one = reader()): unknown {
  const store = new RowStore(one.layout)
  // What is behind its end is there, but belongs to the next record.
  const batch = batchOf([bytes.subarray(0, end), bytes.subarray(end)], origin)
  store.open(batch.bytes)
  return one.read(store, { ...batch, bounds: batch.bounds.subarray(0, 2) }, 0) === 1
    ? { ...viewOf(store, 0) }
    : undefined
}

/** What decodeJson, validate and the projection make of a record, one after the other. */
function apart(bytes: Buffer, batch = batchOf([bytes], origin), at = 0): unknown {
  const decoded = feed(decodeJson(), [bytes])
  const { out } = feed(validate(Post), decoded.out)
  return out.length === 1 && decoded.repaired === 0
    ? toRow.of(out[0]!, envelopeIn(batch, at))
    : undefined
}

const valid = {
  id: '1',
  user: { name: 'Ada', followers: 3, verified: true, kind: 'bot' },
  at: '2024-02-29T12:00:00.25Z',
  score: -1.5,
  up: 12,
  down: 3,
  tags: ['A', 'ü', 'a', 'Ü', 'b\n"'],
  links: ['https://x.example/\u{1f600}'],
  since: 1717372901,
  title: 'a #Tag, @You_2 and @you_2',
  body: '#tag ##a#B@c ü#é #',
  flair: 'News',
  more: [{ x: 1 }],
}

describe('reads what decodeJson, validate and project make one after the other', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '',
      'Ada',
      '"',
      '\\',
      '/',
      '\b\f\n\r\t',
      '\ufffd',
      '\u2028',
      '\ud800',
      '😀',
      'İ',
    ),
    fc.string({ minLength: 40, maxLength: 90 }),
  )
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, 1e21, 2 ** 53, -(2 ** 53) + 1, 2 ** 53 - 1, 123456789012345),
  )
  const time = fc.oneof(
    fc
      .date({ min: new Date(0), max: new Date(9e12), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.constantFrom('0001-01-01T00:00:00Z', '2024-02-30T00:00:00Z', '2024-02-29T23:59:59.1234567Z'),
    text,
  )
  const seconds = fc.oneof(
    fc.integer({ min: 0, max: 9e9 }),
    fc.double({ min: -62e9, max: 250e9, noNaN: true }),
    fc.constantFrom(0, -0, -1, 9_007_199_254, 9_007_199_255, 0.1234565, 1e-7),
  )
  const words = fc
    .array(fc.oneof(fc.constantFrom('#', '@', '#A', '@b_', 'Z9', ' ', '😀', '\n'), text), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''))
  const rarely = <T>(usual: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: fc.jsonValue() })
  const record = fc.record({
    id: rarely(text),
    user: rarely(
      fc.record({
        name: rarely(fc.option(text)),
        followers: rarely(number),
        verified: rarely(fc.boolean()),
        kind: rarely(fc.constantFrom('person', 'bot')),
      }),
    ),
    at: rarely(fc.oneof({ weight: 5, arbitrary: fc.constant(valid.at) }, time)),
    score: rarely(fc.option(number)),
    up: rarely(number),
    down: rarely(number),
    tags: rarely(fc.array(rarely(text), { maxLength: 40 })),
    links: rarely(fc.array(text, { maxLength: 2 })),
    since: rarely(seconds),
    title: rarely(words),
    body: rarely(words),
    flair: rarely(fc.option(text)),
    more: rarely(fc.array(fc.record({ x: number }), { maxLength: 2 })),
  })
  /** As Python writes it, all but ASCII escaped. */
  const escaped = (json: string): string =>
    json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

  test('whatever stands in a record', () => {
    let known = 0
    fc.assert(
      fc.property(record, fc.boolean(), (value, escapes) => {
        const json = JSON.stringify(value)
        const bytes = Buffer.from(escapes ? escaped(json) : json)
        const found = read(bytes)
        if (found === undefined) return
        known++
        expect(found).toEqual(apart(bytes))
        expect(Object.keys(found as object)).toEqual([...toRow.columns.keys()])
      }),
      { numRuns: 4000 },
    )
    expect(known).toBeGreaterThan(100)
  })

  test('whatever a byte or two are changed to', () => {
    const bytes = Buffer.from(JSON.stringify(valid))
    const change = fc.tuple(
      fc.nat(bytes.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\,:[]{}0-.e \n'))),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[at] = byte
        const found = read(changed)
        if (found !== undefined) expect(found).toEqual(apart(changed))
      }),
      { numRuns: 5000 },
    )
  })

  test('wherever a record is cut off', () => {
    const bytes = Buffer.from(JSON.stringify(valid))
    for (let end = 0; end < bytes.length; end++) {
      // What follows is there, but belongs to the next record.
      expect(read(bytes, end)).toBeUndefined()
    }
    expect(read(bytes)).toEqual(apart(bytes))
  })
})

test.each([
  ['every escape', { ...valid, id: '"\\/\b\f\n\r\t\u00e9\u20ac😀' }],
  [
    'lists of any length',
    { ...valid, tags: Array.from({ length: 3000 }, (_, at) => `T${at % 99}`) },
  ],
  ['empty lists', { ...valid, tags: [], links: [] }],
  [
    'null where it may stand',
    { ...valid, score: null, flair: null, user: { ...valid.user, name: null } },
  ],
  ['more words than there is room for', { ...valid, body: '#a #b '.repeat(9000) }],
  ['texts longer than there is room for', { ...valid, title: 'x'.repeat(99_000) }],
])('reads %s', (_, record) => {
  const bytes = Buffer.from(`${JSON.stringify(record)} \r`)
  expect(read(bytes)).toEqual(apart(bytes))
  expect(read(bytes)).toBeDefined()
})

test.each([
  ['white space', JSON.stringify(valid, undefined, 1)],
  ['half of a surrogate pair', JSON.stringify({ ...valid, id: '\ud800' })],
  ['an escape that is none', JSON.stringify(valid).replace('"1"', '"\\x"')],
  ['other keys', JSON.stringify({ ...valid, another: 1 })],
  ['a time without a day', JSON.stringify({ ...valid, at: '2023-02-29T12:00:00Z' })],
  ['a time before 1684', JSON.stringify({ ...valid, at: '1600-02-29T12:00:00Z' })],
  ['seconds beyond 2^53 µs', JSON.stringify({ ...valid, since: 249e9 })],
  ['what may be missing and is', JSON.stringify({ ...valid, flair: undefined })],
  ['a sum beyond 2^53', JSON.stringify({ ...valid, up: 2 ** 53 - 1, down: 1 })],
  ['what the schema refuses', JSON.stringify({ ...valid, id: '' })],
  [
    'more than a few different texts in a list',
    JSON.stringify({ ...valid, tags: Array.from({ length: 300 }, (__, at) => `T${at}`) }),
  ],
])('leaves %s to others, and the store as it was', (_, json) => {
  const good = JSON.stringify(valid)
  const batch = batchOf([Buffer.from(json), Buffer.from(good)], origin)
  const one = reader()
  const store = new RowStore(one.layout)
  store.open(batch.bytes)
  expect(one.read(store, batch, 0)).toBe(0)
  expect(store.count).toBe(0)
  expect(one.read(store, batch, 1)).toBe(1)
  expect(Math.min(store.lists[0]!, store.lists[2]!)).toBe(0)
  expect({ ...viewOf(store, 0) }).toEqual(apart(Buffer.from(good), batch, 1))
})

test('leaves bytes that are not UTF-8 to others, and reads the rest of their batch', () => {
  const good = JSON.stringify(valid)
  const broken = Buffer.from(good.replace('Ada', '\xff'), 'latin1')
  const records = [Buffer.from(good), Buffer.from(good), broken, Buffer.from(good)]
  const batch = batchOf(records, origin)
  const one = reader()
  const store = new RowStore(one.layout)
  store.open(batch.bytes)
  expect([0, 2, 3].map((from) => one.read(store, batch, from))).toEqual([2, 0, 1])
  expect(store.count).toBe(3)
})

test('looks once for what is not UTF-8, however often records are left to others', () => {
  const [good, other] = [JSON.stringify(valid), JSON.stringify({ ...valid, another: 1 })]
  const lines = Array.from({ length: 999 }, (_, at) => Buffer.from(at % 3 === 0 ? other : good))
  const batch = batchOf([...lines, Buffer.from('\xff', 'latin1')], origin)
  let looks = 0
  const whole = Buffer.from(batch.bytes)
  batch.bytes.subarray = (from, to) => {
    looks++
    return whole.subarray(from, to)
  }
  const one = reader()
  const store = new RowStore(one.layout)
  store.open(batch.bytes)
  let read = 0
  for (let from = 0; from < 1000; from++) {
    const some = one.read(store, batch, from)
    read += some
    from += some
  }
  expect(read).toBe(666)
  // One more a record is that of a number with a sign.
  expect(looks).toBeLessThan(3000)
})

test('reads nothing of an empty batch, and holds nothing against it', () => {
  const one = reader()
  const store = new RowStore(one.layout)
  const empty = batchOf([], origin)
  for (let at = 0; at < 500; at++) {
    store.open(empty.bytes)
    expect(one.read(store, empty, 0)).toBe(0)
  }
  const batch = batchOf([Buffer.from(JSON.stringify(valid))], origin)
  store.open(batch.bytes)
  expect(one.read(store, batch, 0)).toBe(1)
})

test('reads batch after batch into one store, however many records they have', () => {
  const one = reader()
  const store = new RowStore(one.layout)
  for (const count of [3, 2000, 1]) {
    const lines = Array.from({ length: count }, (_, at) =>
      JSON.stringify({ ...valid, id: `${at}`, tags: [`T${at}`, 'x\n'.repeat(at % 50)] }),
    )
    const batch = batchOf(
      lines.map((line) => Buffer.from(line)),
      origin,
    )
    store.open(batch.bytes)
    expect(one.read(store, batch, 0)).toBe(count)
    expect(store.count).toBe(count)
    const last = apart(Buffer.from(lines.at(-1)!), batch, count - 1)
    expect({ ...viewOf(store, count - 1) }).toEqual(last)
    expect(viewOf(store, 0)).toMatchObject({ id: '0', tags: ['t0', ''] })
  }
})

test('reads what Python writes, once it has seen enough of it, and turns back again', () => {
  const one = reader()
  const spaced = Buffer.from(
    JSON.stringify(valid, undefined, 1)
      .replaceAll(/\n */g, ' ')
      .replaceAll(/([[{]) | (?=[\]}])/g, '$1'),
  )
  const compact = Buffer.from(JSON.stringify(valid))
  expect(spaced.toString()).toContain('"tags": ["A", "ü", ')
  for (const bytes of [spaced, compact, spaced]) {
    let tries = 0
    while (read(bytes, bytes.length, one) === undefined) expect(++tries).toBeLessThan(100)
    expect(read(bytes, bytes.length, one)).toEqual(apart(bytes))
    for (let at = 0; at < 100; at++) read(bytes, bytes.length, one)
  }
})

test('rests for a while where records are written in neither way, and then tries again', () => {
  const one = reader()
  const strange = Buffer.from(JSON.stringify({ ...valid, another: 1 }))
  const known = Buffer.from(JSON.stringify(valid))
  for (let at = 0; at < 200; at++) read(strange, strange.length, one)
  let tries = 0
  while (read(known, known.length, one) === undefined) tries++
  expect(tries).toBeGreaterThan(1000)
  expect(tries).toBeLessThan(10_000)
})

test('compiles no schema that changes values, and no column that bytes do not hold', () => {
  const Loose = v.object({ id: v.string(), at: v.string(), n: v.pipe(v.string(), v.trim()) })
  const Id = v.object({ id: v.string() })
  const ofLoose = projection(Loose, Id, ({ id }) => ({ id }))
  expect(compileRowReader(Loose as unknown as SchemaNode, ofLoose)).toBeUndefined()
  const Timed = v.object({ at: v.string() })
  const Instant = v.object({ at: timestamp() })
  const ofTimed = projection(Timed, Instant, ({ at }) => ({ at: microsOf(at) }))
  expect(compileRowReader(Timed as unknown as SchemaNode, ofTimed)).toBeUndefined()
})
