import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { compileAccept } from '../../../src/operators/validate/compileAccept.ts'
import type { SchemaNode } from '../../../src/operators/validate/schemaNode.ts'

const compile = (schema: v.GenericSchema) => compileAccept(schema)

/** Schemas whose every answer, yes or no, must be valibot's own. */
const exact: Record<string, v.GenericSchema> = {
  string: v.string(),
  number: v.number(),
  boolean: v.boolean(),
  bigint: v.bigint(),
  null: v.null(),
  undefined: v.undefined(),
  unknown: v.unknown(),
  literal: v.literal('a'),
  picklist: v.picklist(['a', 1]),
  custom: v.custom((value) => value === 'a' || value === 1),
  nullable: v.nullable(v.string()),
  nullish: v.nullish(v.number()),
  array: v.array(v.union([v.string(), v.null()])),
  union: v.union([v.string(), v.pipe(v.number(), v.integer())]),
  'pipe of a string': v.pipe(v.string(), v.minLength(1), v.maxLength(3), v.regex(/^[ab]/)),
  'pipe of a number': v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(5)),
  'pipe of a pipe': v.pipe(v.pipe(v.string(), v.nonEmpty()), v.brand('id'), v.title('an id')),
  'pipe into a schema': v.pipe(v.unknown(), v.string()),
  check: v.pipe(
    v.string(),
    v.check((text) => text === 'a'),
  ),
  'more of a string': v.pipe(v.string(), v.includes('a'), v.startsWith('a'), v.endsWith('a')),
  'more of a number': v.pipe(v.number(), v.gtValue(0), v.ltValue(2)),
  length: v.pipe(v.array(v.unknown()), v.length(1)),
  object: v.object({ a: v.string(), b: v.unknown() }),
  'optional keys': v.object({
    a: v.optional(v.string()),
    b: v.nullish(v.number()),
    c: v.exactOptional(v.string()),
  }),
  'undefinedable keys': v.object({ a: v.undefinedable(v.string()) }),
  'loose object': v.looseObject({ a: v.string() }),
  'strict object': v.strictObject({ a: v.string() }),
  'nested object': v.object({ a: v.object({ b: v.array(v.object({ c: v.string() })) }) }),
  variant: v.variant('a', [
    v.object({ a: v.literal('a'), b: v.string() }),
    v.object({ a: v.literal(1), b: v.number() }),
  ]),
  'variant of picklists': v.variant('a', [
    v.object({ a: v.picklist(['a', 1, 'a']), b: v.string() }),
    v.object({ a: v.literal('b'), b: v.number() }),
  ]),
}

/** Values that come near to what the schemas want. */
const leaf = fc.constantFrom<unknown[]>(
  ...['a', '', 'ab', 'aaaa', 'b', 0, 1, 1.5, -1, NaN, Infinity, 5n],
  ...[true, null, undefined],
)
const { near } = fc.letrec((tie) => ({
  near: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('near'), { maxLength: 3 }),
    fc.record(
      { a: tie('near'), b: tie('near'), c: tie('near'), d: tie('near') },
      { requiredKeys: [] },
    ),
  ),
}))

describe.each(Object.entries(exact))('%s', (_, schema) => {
  test('says what valibot says', () => {
    const accept = compile(schema)!
    fc.assert(
      fc.property(near, (value) => {
        expect(accept(value)).toBe(v.safeParse(schema, value).success)
      }),
      { numRuns: 500 },
    )
  })

  test('says yes only to what valibot passes on as it is, unknown keys apart', () => {
    const accept = compile(schema)!
    fc.assert(
      fc.property(near, (value) => {
        if (accept(value)) expect(value).toMatchObject(v.parse(schema, value) as object)
      }),
      { numRuns: 500 },
    )
  })
})

test('leaves values that a schema fills in to the schema', () => {
  const filled = compile(
    v.object({ a: v.optional(v.string(), 'x'), b: v.nullable(v.string(), 'y') }),
  )!
  expect(filled({ a: 'a', b: 'b' })).toBe(true)
  expect(filled({ b: 'b' })).toBe(false)
  expect(filled({ a: undefined, b: 'b' })).toBe(false)
  expect(filled({ a: 'a', b: null })).toBe(false)
  const fallback = compile(v.object({ a: v.fallback(v.optional(v.string()), 'x') }))!
  expect(fallback({})).toBe(false)
})

test('does not compile what it does not know, however deep', () => {
  const unknown = [
    v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    v.pipe(v.string(), v.trim()),
    v.pipe(v.string(), v.url()),
    v.record(v.string(), v.number()),
    v.lazy(() => v.string()),
    v.intersect([v.object({}), v.object({})]),
    v.variant('a', [
      v.object({ a: v.literal(1) }),
      v.object({ a: v.literal(1), b: v.optional(v.string()) }),
    ]),
  ]
  for (const schema of unknown) {
    expect(compile(schema)).toBeUndefined()
    expect(compile(v.object({ a: v.array(v.nullable(schema)) }))).toBeUndefined()
    expect(compile(v.union([v.string(), schema]))).toBeUndefined()
  }
  const later = v.pipeAsync(
    v.string(),
    v.checkAsync(async () => true),
  )
  expect(compileAccept(later as unknown as SchemaNode)).toBeUndefined()
})
