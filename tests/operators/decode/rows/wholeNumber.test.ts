import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { int64, wholeNumber } from '../../../../src/core/columnSchemas.ts'
import { projection } from '../../../../src/core/projection/projection.ts'
import { leafOf } from '../../../../src/operators/decode/rows/leaf.ts'
import type { SchemaNode } from '../../../../src/operators/validate/schemaNode.ts'
import { readRows } from './readRows.ts'

type Numbers = v.GenericSchema<unknown, number | bigint | null>

/** Schemas of numbers, and whether they are known to accept each whole one from 0 on. */
const schemas: readonly (readonly [string, Numbers, boolean])[] = [
  ['wholeNumber()', wholeNumber(), true],
  ['nullable', v.nullable(wholeNumber()), true],
  ['integers from 0 on', v.pipe(v.number(), v.integer(), v.minValue(0)), true],
  ['safe integers above -1', v.pipe(v.number(), v.safeInteger(), v.minValue(-1)), true],
  ['finite, with a title', v.pipe(v.number(), v.finite(), v.title('n')), true],
  ['up to the largest', v.pipe(v.number(), v.maxValue(Number.MAX_SAFE_INTEGER)), true],
  ['a pipe in a pipe', v.pipe(v.pipe(v.number(), v.integer()), v.minValue(0)), true],
  ['from 1 on', v.pipe(v.number(), v.minValue(1)), false],
  ['up to 100', v.pipe(v.number(), v.integer(), v.maxValue(100)), false],
  ['above 0', v.pipe(v.number(), v.gtValue(0)), false],
  ['a check of its own', v.custom<number>((value) => Number(value) % 2 === 0), false],
  [
    'a pipe with one',
    v.pipe(
      wholeNumber(),
      v.check((value) => value !== 5),
    ),
    false,
  ],
]
const texts = [
  ...['0', '1', '5', '100', '101', '-1', '-0', '0.5', '5e0', '1e3', '1E300', '2.0', '007'],
  ...['9007199254740991', '9007199254740992', '999999999999999', '123456789012345678'],
  ...['999999999999999999', '1000000000000000000', 'null', '"5"', 'true', '+1', '.5', '1.'],
]

describe.each(schemas)('numbers of %s', (_, schema, isTaken) => {
  const Line = v.object({ n: schema })
  const toRow = projection(Line, v.object({ n: v.nullable(int64()) }), (line) => ({
    n: line.n,
  }))
  const read = (text: string) => readRows(Line, toRow, [`{"n":${text}}`])[0]

  test('are known to be whole or not', () => {
    expect(leafOf(schema as unknown as SchemaNode, 'number')?.takesWhole ?? false).toBe(isTaken)
  })

  test('are read', () => {
    expect(read('42')).toEqual({ n: 42 })
  })

  test.each(texts)('%s is read as the schema has it, or left to others', (text) => {
    const row = read(text)
    // What JSON.parse refuses, or reads as another number, is never read here.
    if (row === undefined) expect(isPlain(text) && v.is(Line, { n: Number(text) })).toBe(false)
    else expect(v.parse(Line, JSON.parse(`{"n":${text}}`))).toEqual(row)
  })
})

/** Digits that are exact as a number. */
const isPlain = (text: string): boolean => /^\d{1,15}$/.test(text) && String(Number(text)) === text
