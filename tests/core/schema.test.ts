import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { date, int32, int64, timestamp } from '../../src/core/columnSchemas.ts'
import { ConfigError } from '../../src/core/errors.ts'
import { columnsOf } from '../../src/core/schema.ts'

const column = (schema: v.GenericSchema) => {
  const { type, nullable } = columnsOf(v.object({ c: schema }))[0]!
  return nullable ? `${type}?` : type
}

describe('columnsOf', () => {
  test('gives every plain schema its column type', () => {
    expect(column(v.string())).toBe('string')
    expect(column(v.number())).toBe('double')
    expect(column(v.pipe(v.number(), v.integer(), v.minValue(0)))).toBe('int64')
    expect(column(v.pipe(v.pipe(v.number(), v.safeInteger()), v.minValue(0)))).toBe('int64')
    expect(column(v.bigint())).toBe('int64')
    expect(column(v.boolean())).toBe('boolean')
    expect(column(v.array(v.string()))).toBe('list<string>')
    expect(column(v.array(v.pipe(v.string(), v.trim())))).toBe('list<string>')
    expect(column(v.instance(Uint8Array))).toBe('binary')
    expect(column(v.picklist(['a', 'b']))).toBe('string')
    expect(column(v.literal('a'))).toBe('string')
    expect(column(v.enum({ A: 'a' }))).toBe('string')
  })

  test('gives the named schemas theirs', () => {
    expect(column(timestamp())).toBe('timestamp')
    expect(column(date())).toBe('date')
    expect(column(int64())).toBe('int64')
    expect(column(int32())).toBe('int32')
    expect(
      column(
        v.pipe(
          int64(),
          v.check(() => true),
        ),
      ),
    ).toBe('int64')
    expect(column(v.pipe(v.string(), v.metadata({ column: 'date' })))).toBe('date')
  })

  test('makes nullable what may be null, undefined or absent', () => {
    expect(column(v.nullable(v.string()))).toBe('string?')
    expect(column(v.nullish(timestamp()))).toBe('timestamp?')
    expect(column(v.optional(v.array(v.string())))).toBe('list<string>?')
    expect(
      column(
        v.pipe(
          v.nullable(v.string()),
          v.check(() => true),
        ),
      ),
    ).toBe('string?')
    expect(column(v.optional(v.string(), 'none'))).toBe('string')
    expect(column(v.nonNullable(v.nullable(v.string())))).toBe('string')
  })

  test('takes what comes out of a pipe', () => {
    expect(column(v.pipe(v.string(), v.transform(Number), v.number(), v.integer()))).toBe('int64')
    expect(columnsOf(v.pipe(v.object({ a: v.string() }), v.readonly()))).toEqual([
      { name: 'a', type: 'string', nullable: false },
    ])
  })

  test.each([
    [v.date(), /column c: a Date .* timestamp\(\)/],
    [v.pipe(v.string(), v.transform(Number)), /column c: what transform makes is unknown/],
    [v.array(v.number()), /column c: of arrays, only those of strings/],
    [v.array(v.nullable(v.string())), /column c: of arrays/],
    [v.object({ d: v.string() }), /column c: object has no column type/],
    [v.union([v.string(), v.number()]), /column c: union has no column type/],
    [v.literal(1), /column c: literal/],
  ])('refuses what has no column, by name (%#)', (schema, message) => {
    expect(() => column(schema)).toThrow(message)
    expect(() => column(schema)).toThrow(ConfigError)
  })

  test('refuses rows that are no objects, or have no columns', () => {
    expect(() => columnsOf(v.string())).toThrow(/need an object schema, not string/)
    expect(() => columnsOf(v.object({}))).toThrow(/no columns/)
  })
})

describe('the named schemas', () => {
  test('infer and check', () => {
    const Row = v.object({ at: timestamp(), day: date(), big: int64(), small: int32() })
    expectTypeOf<v.InferOutput<typeof Row>>().toEqualTypeOf<{
      at: number | bigint
      day: string
      big: number | bigint
      small: number
    }>()
    const row = { at: 1n, day: '2024-02-29', big: 2n ** 63n - 1n, small: -(2 ** 31) }
    expect(v.is(Row, row)).toBe(true)
    expect(v.is(Row, { ...row, day: '2023-02-29' })).toBe(false)
    expect(v.is(Row, { ...row, day: '2023-2-1' })).toBe(false)
    expect(v.is(Row, { ...row, big: 2n ** 63n })).toBe(false)
    expect(v.is(Row, { ...row, at: 0.5 })).toBe(false)
    expect(v.is(Row, { ...row, small: 2 ** 31 })).toBe(false)
  })
})
