import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { int64, timestamp, timestampText, wholeText } from '../../../../src/core/columnSchemas.ts'
import {
  dayOf,
  joined,
  marked,
  microsOf,
  separated,
  sourcePosition,
  wholeOf,
} from '../../../../src/core/projection/expression.ts'
import { projection } from '../../../../src/core/projection/projection.ts'
import { RowStore } from '../../../../src/core/rows/rowStore.ts'
import { viewOf } from '../../../../src/core/rows/rowView.ts'
import { compileCsvRowReader } from '../../../../src/operators/decode/rows/rowReader.ts'
import { decodeCsv } from '../../../../src/operators/decodeCsv.ts'
import { validate } from '../../../../src/operators/validate.ts'
import type { SchemaNode } from '../../../../src/operators/validate/schemaNode.ts'
import { feed } from '../../feed.ts'
import { batchOf, envelopeIn } from './readRows.ts'

const Video = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  at: timestampText(),
  title: v.string(),
  tags: v.string(),
  views: wholeText(),
  length: wholeText(),
  kind: v.picklist(['long', 'short', '']),
})
const Row = v.object({
  id: v.string(),
  day: v.pipe(v.string(), v.metadata({ column: 'date' })),
  at: timestamp(),
  at_text: v.string(),
  text: v.string(),
  tags: v.array(v.string()),
  mentions: v.array(v.string()),
  views: int64(),
  views_text: v.string(),
  position: v.string(),
})
const toRow = projection(Video, Row, (video) => ({
  id: video.id,
  day: dayOf(video.at),
  at: microsOf(video.at),
  at_text: video.at,
  text: joined(video.title, ': ', video.id),
  tags: separated(video.tags, '|'),
  mentions: marked(video.title, '@'),
  views: wholeOf(video.views),
  views_text: video.views,
  position: sourcePosition,
}))

const COLUMNS = Object.keys(Video.entries)
const origin = { source: 'a/ü.csv', offset: 1_234_567_890_123, ingestedAtMs: 5 }

/** A record as a batch of its own, under a header; what is behind its end belongs to the next record. */
function framed(bytes: Buffer, header: readonly string[], end = bytes.length) {
  const one = batchOf([bytes.subarray(0, end), bytes.subarray(end)], origin)
  return { ...one, batch: { ...one.batch, header }, bounds: one.bounds.subarray(0, 2) }
}

/** The row of the record that these bytes are, undefined where the reader leaves it to others. */
function read(bytes: Buffer, header: readonly string[] = COLUMNS, end = bytes.length): unknown {
  const reader = compileCsvRowReader(Video, toRow)!
  const store = new RowStore(reader.layout)
  const batch = framed(bytes, header, end)
  store.open(batch.bytes)
  return reader.read(store, batch, 0) === 1 ? { ...viewOf(store, 0) } : undefined
}

/** What decodeCsv, validate and the projection make of a record, one after the other. */
function apart(bytes: Buffer, header: readonly string[] = COLUMNS): unknown {
  const envelope = { ...envelopeIn(framed(bytes, header), 0), header }
  const decoded = feed(decodeCsv(), [bytes], envelope)
  const { out } = feed(validate(Video), decoded.out)
  return out.length === 1 && decoded.repaired === 0 ? toRow.of(out[0]!, envelope) : undefined
}

const valid: Record<string, string> = {
  id: 'a1',
  at: '2024-02-29T12:00:00.25Z',
  title: 'Say "hi", @You_2 and\n@you_2 ü😀',
  tags: 'A|b||a|Ü|ü',
  views: '000123',
  length: '7',
  kind: 'long',
  more: 'not asked for',
}
const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`
const written = (field: string): string => (/^"|[,\n]/.test(field) ? quoted(field) : field)
const line = (header: readonly string[], record = valid): Buffer =>
  Buffer.from(header.map((name) => written(record[name]!)).join(','))

test('reads a record', () => {
  expect(read(line(COLUMNS))).toEqual({
    ...{ id: 'a1', day: '2024-02-29', at: 1_709_208_000_250_000, at_text: valid['at'] },
    text: `${valid['title']!}: a1`,
    ...{ tags: ['a', 'b', 'ü'], mentions: ['you_2'], views: 123, views_text: '000123' },
    position: 'a/ü.csv:1234567890123',
  })
})

describe('reads what decodeCsv, validate and project make one after the other', () => {
  const piece = fc.oneof(
    fc.constantFrom('"', '""', ',', '\n', '\r', '|', '@', '@ab', ' ', 'İ', '😀', '\\', 'x'),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.string({ minLength: 20, maxLength: 60 }),
  )
  const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
  const whole = fc.oneof(
    fc.nat().map(String),
    fc.constantFrom('', '0', '007', '-1', '1.5', '9'.repeat(15), '9'.repeat(18), '9'.repeat(19)),
  )
  const rarely = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: other })
  const record = fc.record({
    id: rarely(fc.constant('a1'), text),
    at: rarely(fc.constant(valid['at']!), text),
    ...{ title: text, tags: text, more: text },
    views: rarely(fc.nat().map(String), whole),
    length: rarely(fc.nat().map(String), whole),
    kind: rarely(fc.constantFrom('long', ''), text),
  })
  const header = fc
    .shuffledSubarray([...COLUMNS, 'more'], { minLength: 7 })
    .filter((names) => names.includes('id'))
  const way = fc.constantFrom(written, quoted, (field: string) => field)

  test('whatever stands in a record, under whatever header', () => {
    let known = 0
    fc.assert(
      fc.property(
        record,
        header,
        fc.array(way, { minLength: 8, maxLength: 8 }),
        (one, names, as) => {
          const fields = names.map((name, at) => as[at]!(one[name as keyof typeof one]))
          const bytes = Buffer.from(fields.join(','))
          const found = read(bytes, names)
          if (found === undefined) return
          known++
          expect(found).toEqual(apart(bytes, names))
          expect(Object.keys(found as object)).toEqual([...toRow.columns.keys()])
        },
      ),
      { numRuns: 3000 },
    )
    expect(known).toBeGreaterThan(300)
  })

  test('whatever a byte or two are changed to', () => {
    const bytes = line(COLUMNS)
    let known = 0
    const change = fc.tuple(
      fc.nat(bytes.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('",\r\n0Z|@'))),
    )
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[at] = byte
        const found = read(changed)
        if (found === undefined) return
        known++
        expect(found).toEqual(apart(changed))
      }),
      { numRuns: 3000 },
    )
    expect(known).toBeGreaterThan(500)
  })

  test('wherever a record is cut off', () => {
    const names = [...COLUMNS].reverse()
    const bytes = line(names)
    const whole = Array.from({ length: bytes.length }, (_, at) => at + 1).filter((end) => {
      const found = read(bytes, names, end)
      if (found !== undefined) expect(found).toEqual(apart(bytes.subarray(0, end), names))
      return found !== undefined
    })
    // Its last field is the id: of two letters, the first is one.
    expect(whole).toEqual([bytes.length - 1, bytes.length])
  })
})

/** A record without quotes, of which each case below changes one thing. */
const plain = { ...valid, title: 'x', tags: 'a' }

test.each([
  ['a field too many', Buffer.concat([line(COLUMNS, plain), Buffer.from(',')]), COLUMNS],
  ['a field too few', line(COLUMNS.slice(0, -1), plain), COLUMNS],
  ['no header', line(COLUMNS, plain), []],
  ['a header without a column', line(COLUMNS.slice(1), plain), COLUMNS.slice(1)],
  ['a header with a column twice', line([...COLUMNS, 'id'], plain), [...COLUMNS, 'id']],
  ['a quote that is not closed', Buffer.from(`"${line(COLUMNS, plain).toString()}`), COLUMNS],
  [
    'text behind a closing quote',
    Buffer.from(`"a"b${line(COLUMNS, plain).toString().slice(2)}`),
    COLUMNS,
  ],
  [
    'what is no UTF-8',
    Buffer.from(line(COLUMNS, plain).toString('latin1').replace('x', 'ü'), 'latin1'),
    COLUMNS,
  ],
  ['what the schema refuses', line(COLUMNS, { ...plain, kind: 'none' }), COLUMNS],
  ['a number beyond 2^53', line(COLUMNS, { ...plain, views: '9'.repeat(16) }), COLUMNS],
  ['a number of 19 digits', line(COLUMNS, { ...plain, length: '1'.repeat(19) }), COLUMNS],
])('leaves %s to others', (_, bytes, header) => {
  expect(read(line(COLUMNS, plain))).toBeDefined()
  expect(read(bytes, header)).toBeUndefined()
})

test('reads a whole number of 18 digits that no column wants as one', () => {
  const bytes = line(COLUMNS, { ...plain, length: '1'.repeat(18), views: '9007199254740991' })
  expect(read(bytes)).toEqual(apart(bytes))
  expect(read(bytes)).toMatchObject({ views: 9_007_199_254_740_991 })
})

test('leaves a character to others that belongs to two records', () => {
  const Note = v.object({ note: v.string() })
  const toNote = projection(Note, Note, ({ note }) => ({ note }))
  const reader = compileCsvRowReader(Note, toNote)!
  const readOf = (records: readonly Buffer[]): number => {
    const { batch, ...one } = batchOf(records, origin)
    const store = new RowStore(reader.layout)
    store.open(one.bytes)
    return reader.read(store, { ...one, batch: { ...batch, header: ['note'] } }, 0)
  }
  expect(readOf([Buffer.from('ü'), Buffer.from('x')])).toBe(2)
  expect(readOf([Buffer.from([0xc3]), Buffer.from([0xbc]), Buffer.from('x')])).toBe(0)
})

test('judges files by their header: those that it can read are read behind those that it can not', () => {
  const reader = compileCsvRowReader(Video, toRow)!
  const readOf = (header: readonly string[], record: Record<string, string>): number => {
    const store = new RowStore(reader.layout)
    const batch = framed(line(header, record), header)
    store.open(batch.bytes)
    return reader.read(store, batch, 0)
  }
  for (let at = 0; at < 200; at++) expect(readOf(COLUMNS, { ...plain, kind: 'none' })).toBe(0)
  expect(readOf(COLUMNS, plain)).toBe(0)
  expect(readOf(['more', ...COLUMNS], plain)).toBe(1)
})

test('reads texts that have to be made and are longer than there is room for', () => {
  const bytes = line(COLUMNS, { ...valid, title: 'a "b",'.repeat(30_000) })
  expect(read(bytes)).toEqual(apart(bytes))
  expect(read(bytes)).toBeDefined()
})

test('reads one file after the other, each by its own header', () => {
  const reader = compileCsvRowReader(Video, toRow)!
  const reversed = [...COLUMNS].reverse()
  for (const header of [COLUMNS, reversed, [...reversed], ['more', ...COLUMNS], COLUMNS]) {
    const store = new RowStore(reader.layout)
    const batch = framed(line(header), header)
    store.open(batch.bytes)
    expect(reader.read(store, batch, 0)).toBe(1)
    expect({ ...viewOf(store, 0) }).toEqual(apart(line(header), header))
  }
})

test.each([
  ['a strict object', v.strictObject(Video.entries)],
  ['an object behind which more is done', v.pipe(v.object(Video.entries), v.brand('Video'))],
  ['a text', v.string()],
])('has no reader for %s', (_, schema) => {
  expect(compileCsvRowReader(schema as unknown as SchemaNode, toRow)).toBeUndefined()
})

test('reads nothing where a column is made of what no field is', () => {
  const whole = projection(v.string(), v.object({ x: v.string() }), (text) => ({ x: text }))
  const schema = v.object({ a: v.string() }) as unknown as SchemaNode
  const reader = compileCsvRowReader(schema, whole)
  const batch = framed(Buffer.from('1'), ['a'])
  const store = new RowStore(reader?.layout ?? { cells: new Map(), texts: 0, numbers: 0, lists: 0 })
  store.open(batch.bytes)
  expect(reader?.read(store, batch, 0) ?? 0).toBe(0)
})
