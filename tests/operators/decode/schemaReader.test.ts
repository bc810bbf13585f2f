import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { compileReader } from '../../../src/operators/decode/schemaReader.ts'
import { feed } from '../feed.ts'
import { decodeJson } from '../../../src/operators/decodeJson.ts'
import { validate } from '../../../src/operators/validate.ts'
import type { SchemaNode } from '../../../src/operators/validate/schemaNode.ts'

const Count = v.custom<number | bigint>(
  (value) => typeof value === 'bigint' || Number.isSafeInteger(value),
)
const Record = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  'a "key"': v.nullable(v.number()),
  user: v.pipe(
    v.object({ name: v.string(), followers: Count, verified: v.boolean() }),
    v.check(({ name }) => name !== 'nobody'),
  ),
  tags: v.pipe(v.array(v.string()), v.maxLength(3)),
  points: v.array(v.array(v.number())),
  kind: v.picklist(['post', 'reply', 1]),
})

const compile = (schema: unknown) => compileReader(schema as SchemaNode)
const read = (text: string | Uint8Array, schema: unknown = Record): unknown => {
  const bytes = Buffer.from(text)
  return compile(schema)!.read(bytes, 0, bytes.length)
}

/** What decodeJson and validate make of a text, one after the other. */
function apart(bytes: Uint8Array, schema: v.GenericSchema) {
  const decoded = feed(decodeJson(), [bytes])
  const checked = feed(validate(schema), decoded.out)
  return { ...checked, repaired: decoded.repaired }
}

const valid = {
  id: '1',
  'a "key"': 1.5,
  user: { name: 'Ada', followers: 3, verified: true },
  tags: ['x', 'ü😀'],
  points: [[1, -2], []],
  kind: 'post',
}

describe('reads at once what decodeJson and validate let through one after the other', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', 'nobody', 'Ada', '"', '\\', '\ufffd', '\u2028', '\ud800', 'x'.repeat(40)),
  )
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, 1e21, 2 ** 53, -(2 ** 53) + 1, 123456789012345),
  )
  const rarely = <T>(usual: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.jsonValue() })
  const record = fc.record({
    id: rarely(text),
    'a "key"': rarely(fc.option(number)),
    user: rarely(
      fc.record({ name: rarely(text), followers: rarely(number), verified: rarely(fc.boolean()) }),
    ),
    tags: rarely(fc.array(rarely(text), { maxLength: 4 })),
    points: rarely(fc.array(fc.array(number, { maxLength: 2 }), { maxLength: 2 })),
    kind: rarely(fc.constantFrom('post', 'reply', 1)),
  })
  const indent = fc.constantFrom(undefined, undefined, 1, '\t')

  test('whatever stands in a record', () => {
    let known = 0
    fc.assert(
      fc.property(record, indent, (value, space) => {
        const bytes = Buffer.from(JSON.stringify(value, undefined, space))
        const found = read(bytes)
        if (found === undefined) return
        known++
        expect(apart(bytes, Record)).toEqual({
          ...{ out: [found], rejected: [], filtered: [] },
          repaired: 0,
        })
        // In the same order, too.
        expect(Object.keys(found as object)).toEqual(Object.keys(value))
      }),
      { numRuns: 2000 },
    )
    expect(known).toBeGreaterThan(200)
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
        if (found === undefined) return
        expect(apart(changed, Record)).toMatchObject({ out: [found], rejected: [], repaired: 0 })
      }),
      { numRuns: 5000 },
    )
  })

  test('wherever a record is cut off', () => {
    const bytes = Buffer.from(JSON.stringify(valid))
    for (let end = 0; end < bytes.length; end++) {
      // What follows is there, but belongs to the next record.
      expect(compile(Record)!.read(bytes, 0, end)).toBeUndefined()
    }
    expect(compile(Record)!.read(bytes, 0, bytes.length)).toEqual(valid)
  })
})

test.each([
  ['numbers of any notation', '[0,-0,1.5e3,-1E-2,900719925474099,123456789012345678]'],
  ['white space anywhere', ' \t[ 1 ,\n2\r, 3 ] '],
])('reads %s', (_, text) => {
  const found = read(text, v.array(v.union([v.number(), v.bigint()])))
  expect(found).toEqual(feed(decodeJson(), [Buffer.from(text)]).out[0])
})

test.each([
  ['01', v.number()],
  ['1.', v.number()],
  ['-', v.number()],
  ['1e', v.number()],
  ['+1', v.number()],
  ['tru', v.boolean()],
  ['nulL', v.null()],
  ['"a\tb"', v.string()],
  ['"a\\x"', v.string()],
  ['"a', v.string()],
  ['[1 2]', v.array(v.number())],
  ['[1,]', v.array(v.number())],
  ['{"a":1,}', v.object({ a: v.number() })],
  ['{"a":1}}', v.object({ a: v.number() })],
])('leaves %s to others', (text, schema) => {
  expect(read(text, schema)).toBeUndefined()
})

test('leaves objects with other keys, or in another order, to others', () => {
  const schema = v.object({ a: v.number(), b: v.optional(v.number()) })
  expect(read('{"a":1,"b":2}', schema)).toEqual({ a: 1, b: 2 })
  for (const text of ['{"a":1}', '{"b":2,"a":1}', '{"a":1,"a":2,"b":3}', '{"a":1,"b":2,"c":3}']) {
    expect(read(text, schema)).toBeUndefined()
  }
})

test('leaves bytes that are not UTF-8 to others, since they have to be mended', () => {
  const bytes = Buffer.from('"a\xff"', 'latin1')
  expect(read(bytes, v.string())).toBeUndefined()
  expect(read('"\ufffd"', v.string())).toBeUndefined()
})

test('compiles no schema that changes values, or that would move or lose a key', () => {
  for (const schema of [
    v.pipe(v.string(), v.trim()),
    v.object({ a: v.pipe(v.string(), v.transform(Number)) }),
    v.object({ b: v.string(), 1: v.string() }),
    v.object({ ['__proto__']: v.string() }),
    v.pipeAsync(v.string()),
  ]) {
    expect(compile(schema)).toBeUndefined()
  }
})

test('reads records of one batch after another, in windows of any place', () => {
  const reader = compile(Record)!
  const lines = Array.from({ length: 300 }, (_, at) =>
    JSON.stringify({ ...valid, id: `${at}`, tags: ['x'.repeat(at)] }),
  )
  for (const batch of [lines, lines.toReversed()]) {
    const bytes = Buffer.from(batch.join('\n'))
    let start = 0
    for (const line of batch) {
      const end = start + Buffer.byteLength(line)
      expect(reader.read(bytes, start, end)).toEqual(JSON.parse(line))
      start = end + 1
    }
  }
})

test('rests for a while where records are written otherwise, and then tries again', () => {
  const reader = compile(v.array(v.number()))!
  const strange = Buffer.from('["a"]')
  const known = Buffer.from('[1]')
  for (let at = 0; at < 64; at++) reader.read(strange, 0, strange.length)
  expect(reader.read(known, 0, known.length)).toBeUndefined()
  let tries = 0
  while (tries < 10_000 && reader.read(known, 0, known.length) === undefined) tries++
  expect(tries).toBeGreaterThan(100)
  expect(tries).toBeLessThan(10_000)
})
