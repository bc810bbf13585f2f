import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, test } from 'vitest'
import type { Column } from '../../../src/core/columns.ts'
import { columnDictionary } from '../../../src/lake/parquet/columnDictionary.ts'
import { rowsToParquet } from '../../../src/lake/parquet/parquetFile.ts'

const columns: readonly Column[] = [
  { name: 'text', type: 'string', nullable: true },
  { name: 'tags', type: 'list<string>', nullable: false },
]

async function written(rows: readonly object[]) {
  const { bytes } = await rowsToParquet(columns, rows as Record<string, unknown>[])
  const file = Uint8Array.from(bytes).buffer
  const chunks = parquetMetadata(file).row_groups[0]!.columns.map(({ meta_data }) => meta_data!)
  return { bytes, chunks, rows: await parquetReadObjects({ file, compressors }) }
}

/** So many different values, of all lengths around those that are compared at once. */
const distinct = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${at}`.padStart(at % 20, 'é').slice(-(at % 20) || 99))

test.each([1, 2, 3, 8, 9, 255, 256, 257, 5000])(
  '%i different values, many times',
  async (count) => {
    const values = distinct(count)
    const rows = Array.from({ length: 20_011 }, (_, at) => ({
      text: at % 7 === 0 ? null : values[(at * 31) % count],
      tags: values.slice(at % count, (at % count) + (at % 4)),
    }))
    const found = await written(rows)
    for (const { encodings, dictionary_page_offset: offset } of found.chunks) {
      expect(encodings).toContain('RLE_DICTIONARY')
      expect(Number(offset)).toBeGreaterThan(0)
    }
    expect(found.rows).toEqual(rows)
  },
)

test('values that are all different stand in the pages themselves', async () => {
  const rows = Array.from({ length: 3000 }, (_, at) => ({ text: `number ${at}`, tags: [] }))
  const found = await written(rows)
  expect(found.chunks.map(({ dictionary_page_offset: offset }) => offset)).toEqual([
    undefined,
    undefined,
  ])
  expect(found.rows).toEqual(rows)
})

test('a dictionary that grows too large is left behind: pages of both kinds are read', async () => {
  // Ever more different ones: of half a mebibyte a page, 24 bytes each, a growing part is new.
  const rows = Array.from({ length: 200_000 }, (_, at) => ({
    text: `some value ${String(Math.floor(at ** 1.1 / 60) + (at % 50)).padStart(9, '0')}`,
    tags: [],
  }))
  const { chunks, bytes, rows: found } = await written(rows)
  const [text] = chunks
  expect(text!.encodings).toContain('RLE_DICTIONARY')
  expect(found).toEqual(rows)
  expect(bytes.length).toBeGreaterThan(0)
})

describe('encode', () => {
  const plain = (values: readonly string[]): Buffer =>
    Buffer.concat(
      values.flatMap((value) => {
        const length = Buffer.alloc(4)
        length.writeUInt32LE(Buffer.byteLength(value))
        return [length, Buffer.from(value)]
      }),
    )

  test('gives each value its number, whatever the values are', () => {
    const value = fc.oneof(
      fc.constantFrom(
        '',
        '\0',
        '\0\0',
        'a',
        'aaaaaaa',
        'aaaaaaaa',
        'aaaaaaaaa',
        'aaaaaaaaaaaaaaaa',
      ),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    )
    const pages = fc.array(fc.array(value, { minLength: 1, maxLength: 9 }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(pages, (all) => {
        const dictionary = columnDictionary()!
        const known: string[] = []
        for (const few of all) {
          // Often enough for a dictionary to pay.
          const values = [...few, ...few, ...few]
          const parts = dictionary.encode(plain(values))!
          for (const one of values) if (!known.includes(one)) known.push(one)
          const [head, packed] = parts.map((part) => Buffer.from(part)) as [Buffer, Buffer]
          const width = head[0]!
          const numberAt = (at: number): number =>
            Array.from({ length: width }, (_, bit) => {
              const place = at * width + bit
              return ((packed[place >> 3]! >> (place & 7)) & 1) << bit
            }).reduce((sum, bit) => sum + bit, 0)
          expect(values.map((_, at) => known[numberAt(at)])).toEqual(values)
          expect(packed.length).toBe(Math.ceil(values.length / 8) * width)
        }
      }),
    )
  })

  test('does not pay for a page that is mostly new, and for none behind it', () => {
    const dictionary = columnDictionary()!
    expect(dictionary.encode(plain(['a', 'b', 'c']))).toBeUndefined()
    expect(dictionary.encode(plain(['a', 'a', 'a', 'a', 'a']))).toBeUndefined()
    expect(dictionary.page()).toBeUndefined()
  })

  test('takes no page beyond a mebibyte, and no dictionary beyond a quarter of one', () => {
    const long = 'x'.repeat(400_000)
    expect(columnDictionary()!.encode(plain([long, long, long]))).toBeUndefined()
    const large = Array.from({ length: 3 }, (_, at) => `${at}`.repeat(100_000))
    expect(columnDictionary()!.encode(plain([...large, ...large]))).toBeUndefined()
  })
})
