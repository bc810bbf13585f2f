import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, test } from 'vitest'
import type { Column, ColumnType } from '../../../src/core/columns.ts'
import { SinkError } from '../../../src/core/errors.ts'
import { parquetFile, rowsToParquet } from '../../../src/lake/parquet/parquetFile.ts'
import { rowGroup } from '../../../src/lake/parquet/rowGroup.ts'

const column = (name: string, type: ColumnType, nullable = true): Column => ({
  name,
  type,
  nullable,
})
const columns = [
  column('string', 'string'),
  column('name', 'string', false),
  column('int32', 'int32'),
  column('int64', 'int64'),
  column('double', 'double'),
  column('boolean', 'boolean'),
  column('date', 'date'),
  column('timestamp', 'timestamp'),
  column('binary', 'binary'),
  column('list', 'list<string>'),
  column('tags', 'list<string>', false),
]
type Row = Readonly<Record<string, unknown>>

const DAY_MS = 86_400_000
const INT64 = 2n ** 63n
const int64 = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -INT64, max: INT64 - 1n }))
/** With lone surrogates, and long enough to leave the path for short strings. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom(
    '',
    '\0',
    'x'.repeat(255),
    'x'.repeat(256),
    '😀',
    '\ud800',
    '\udc00a',
    'é'.repeat(20_000),
  ),
)
const day = fc
  .integer({ min: -700_000, max: 2_900_000 })
  .map((days) => new Date(days * DAY_MS).toISOString().slice(0, 10))
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 3 })
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    string: orNull(text),
    name: text,
    int32: orNull(fc.integer()),
    int64: orNull(int64),
    double: orNull(fc.double()),
    boolean: orNull(fc.boolean()),
    date: orNull(day),
    timestamp: orNull(int64),
    binary: orNull(fc.uint8Array({ maxLength: 40 })),
    list: orNull(fc.array(text, { maxLength: 5 })),
    tags: fc.array(text, { maxLength: 5 }),
  }),
  { maxLength: 60 },
)

/** What an independent reader makes of a file, numbers as exact as the file has them. */
async function readBack(bytes: Uint8Array): Promise<Row[]> {
  const file = Uint8Array.from(bytes).buffer
  const parsers = {
    timestampFromMicroseconds: (micros: bigint) => micros,
    dateFromDays: (days: number) => new Date(days * DAY_MS).toISOString().slice(0, 10),
  }
  return parquetReadObjects({ file, compressors, parsers, utf8: false })
}

/** What a row must read back as. */
function expected(row: Row): Row {
  const wellFormed = (value: unknown) => (typeof value === 'string' ? value.toWellFormed() : value)
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const value = row[name] ?? null
      if (value === null) return [name, undefined]
      if (type === 'int64' || type === 'timestamp') return [name, BigInt(value as number)]
      return [name, Array.isArray(value) ? value.map(wellFormed) : wellFormed(value)]
    }),
  )
}

const withoutNulls = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined]))

async function expectSame(written: readonly Row[], bytes: Uint8Array): Promise<void> {
  const read = await readBack(bytes)
  expect(read.length).toBe(written.length)
  read.forEach((row, index) => expect(withoutNulls(row)).toEqual(expected(written[index]!)))
}

describe('what an independent reader gets back', () => {
  test('any rows, exactly', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (some) => {
        await expectSame(some, (await rowsToParquet(columns, some)).bytes)
      }),
      { numRuns: 60 },
    )
  })

  test('more rows than fit into one page, in several row groups', async () => {
    const many = Array.from({ length: 90_000 }, (_, i) => ({
      string: i % 3 === 0 ? null : `row ${i} ${i % 1000 === 1 ? '😀' : 'x'.repeat(20)}`,
      name: i % 7 === 0 ? '' : `n${i}`,
      int64: i % 2 === 0 ? i : BigInt(i) * 10n ** 14n,
      boolean: i % 5 === 0 ? null : i % 2 === 0,
      list: i % 4 === 0 ? null : i % 4 === 1 ? [] : ['a', String(i)],
      tags: i % 2 === 0 ? [] : [`t${i}`],
    }))
    const parts: Uint8Array[] = []
    const file = parquetFile(columns, async (bytes) => void parts.push(Buffer.from(bytes)))
    for (const half of [many.slice(0, 70_000), many.slice(70_000)]) {
      const group = rowGroup(columns)
      for (const row of half) group.append(row)
      await file.append(group.finish())
    }
    const summary = await file.finish()
    const bytes = Buffer.concat(parts)
    expect(summary.rows).toBe(90_000)
    expect(parquetMetadata(Uint8Array.from(bytes).buffer).row_groups.length).toBe(2)
    const read = await readBack(bytes)
    for (let i = 0; i < many.length; i += 997) {
      expect(withoutNulls(read[i]!)).toEqual(expected(many[i]!))
    }
    const sum = (some: readonly Row[]) =>
      some.reduce((total, row) => total + BigInt(row['int64'] as number), 0n)
    expect(sum(read)).toBe(sum(many))
  })

  test('no rows at all', async () => {
    expect(await readBack((await rowsToParquet(columns, [])).bytes)).toEqual([])
  })
})

describe('statistics', () => {
  const summaryOf = async (type: ColumnType, values: readonly unknown[]) => {
    const { summary } = await rowsToParquet(
      [column('c', type)],
      values.map((c) => ({ c })),
    )
    const { nulls, bounds } = summary.columns[0]!
    return { nulls, min: bounds?.min, max: bounds?.max }
  }

  test('are the least and the greatest, by the order of the type', async () => {
    expect(await summaryOf('int32', [3, null, -5, 7])).toEqual({ nulls: 1, min: -5, max: 7 })
    expect(await summaryOf('int64', [1, -(2 ** 40), 2n ** 62n, -1, 2 ** 32])).toEqual({
      nulls: 0,
      min: -(2n ** 40n),
      max: 2n ** 62n,
    })
    expect(await summaryOf('double', [0.5, -Infinity])).toMatchObject({ min: -Infinity, max: 0.5 })
    expect(await summaryOf('date', ['1970-01-02', '1969-12-31'])).toMatchObject({ min: -1, max: 1 })
    // U+FFFD stands behind U+1F600 by UTF-16 and before it by code point.
    expect(await summaryOf('string', ['b', '\ufffd', 'a', '😀'])).toMatchObject({
      min: Buffer.from('a'),
      max: Buffer.from('😀'),
    })
  })

  test('of strings agree with comparing their bytes', async () => {
    const near = fc.array(fc.stringMatching(/^(id-1|id-12)?[ab\0]{0,6}$/), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(near, async (strings) => {
        const sorted = strings.map((one) => Buffer.from(one)).toSorted(Buffer.compare)
        const { min, max } = await summaryOf('string', strings)
        expect([Buffer.from(min as Uint8Array), Buffer.from(max as Uint8Array)]).toEqual([
          sorted[0],
          sorted.at(-1),
        ])
      }),
    )
  })

  test('are unknown where there is a NaN, no value or no order', async () => {
    const unknown = { min: undefined, max: undefined }
    expect(await summaryOf('double', [1, NaN])).toEqual({ nulls: 0, ...unknown })
    expect(await summaryOf('string', [null, null])).toEqual({ nulls: 2, ...unknown })
    expect(await summaryOf('binary', [Buffer.from('a')])).toEqual({ nulls: 0, ...unknown })
    expect(await summaryOf('boolean', [true, null])).toEqual({ nulls: 1, ...unknown })
    expect(await summaryOf('list<string>', [['a'], null, []])).toEqual({ nulls: 1, ...unknown })
  })
})

describe('a value that does not fit its column', () => {
  test.each<[ColumnType, unknown, RegExp]>([
    ['string', 1, /column c is string, and 1 is no string/],
    ['int32', 2 ** 31, /2147483648 is no 32-bit integer/],
    ['int64', 0.5, /0.5 is no 64-bit integer/],
    ['int64', 2 ** 53, /9007199254740992 is no 64-bit integer/],
    ['int64', INT64, /9223372036854775808n is no 64-bit integer/],
    ['double', '1', /"1" is no number/],
    ['boolean', 0, /0 is no boolean/],
    ['date', '2023-02-29', /"2023-02-29" is no day/],
    ['timestamp', new Date(0), /is no 64-bit integer/],
    ['binary', 'a', /"a" is no Uint8Array/],
    ['list<string>', 'a', /no array/],
    ['list<string>', ['a', null], /null is no string/],
  ])('is refused by name (%s)', async (type, value, message) => {
    const written = rowsToParquet([column('c', type)], [{ c: value }])
    await expect(written).rejects.toThrow(message)
    await expect(written).rejects.toBeInstanceOf(SinkError)
  })

  test('null where the column is not nullable', async () => {
    const written = rowsToParquet([column('c', 'string', false)], [{}])
    await expect(written).rejects.toThrow(/column c is string, and undefined is not allowed here/)
  })
})

test('memory held stays far below what was appended', () => {
  const group = rowGroup([column('text', 'string'), column('raw', 'binary')])
  const raw = Buffer.alloc(6 << 20, 'abcdefgh')
  for (let i = 0; i < 4; i++) group.append({ text: 'some text '.repeat(50_000), raw })
  expect(group.heldBytes()).toBeLessThan(4 << 20)
})
