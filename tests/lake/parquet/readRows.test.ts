import { describe, expect, test } from 'vitest'
import type { Column, ColumnType } from '../../../src/core/columns.ts'
import { parquetFile, rowsToParquet } from '../../../src/lake/parquet/parquetFile.ts'
import { readRows } from '../../../src/lake/parquet/readRows.ts'
import { rowGroup } from '../../../src/lake/parquet/rowGroup.ts'

const column = (name: string, type: ColumnType): Column => ({ name, type, nullable: true })
const columns = [
  column('string', 'string'),
  column('int32', 'int32'),
  column('int64', 'int64'),
  column('double', 'double'),
  column('boolean', 'boolean'),
  column('date', 'date'),
  column('timestamp', 'timestamp'),
  column('binary', 'binary'),
  column('list', 'list<string>'),
]
type Row = Readonly<Record<string, unknown>>

async function read(bytes: Uint8Array, wanted: readonly Column[] = columns): Promise<Row[]> {
  const rows: Row[] = []
  for await (const some of readRows(bytes, wanted)) for (const row of some) rows.push({ ...row })
  return rows
}

const full = {
  string: 'Grüße 😀 \0',
  int32: -(2 ** 31),
  int64: 2n ** 63n - 1n,
  double: -0.1,
  boolean: false,
  date: '0001-01-01',
  timestamp: -62_135_596_800_000_001n,
  binary: Uint8Array.of(0, 255),
  list: ['', 'a', 'b'],
}
const empty = Object.fromEntries(columns.map(({ name }) => [name, null]))

describe('readRows', () => {
  test('gives back every value that was written, to the microsecond', async () => {
    const rows = [full, empty, { ...full, list: [], timestamp: 1n, date: '9999-12-31' }]
    const { bytes } = await rowsToParquet(columns, rows)
    expect(await read(bytes)).toEqual(rows)
  })

  test('reads a file of several row groups slice by slice, in order', async () => {
    const parts: Uint8Array[] = []
    const wanted = [column('n', 'int32')]
    const file = parquetFile(wanted, async (bytes) => void parts.push(Buffer.from(bytes)))
    for (const [from, to] of [
      [0, 30_000],
      [30_000, 70_000],
      [70_000, 98_304],
    ] as const) {
      const group = rowGroup(wanted)
      for (let n = from; n < to; n++) group.append({ n })
      await file.append(group.finish())
    }
    await file.finish()
    const numbers = (await read(Buffer.concat(parts), wanted)).map(({ n }) => n)
    expect(numbers).toEqual(Array.from({ length: 98_304 }, (_, n) => n))
  })

  test('a file without rows has none', async () => {
    const { bytes } = await rowsToParquet(columns, [])
    expect(await read(bytes)).toEqual([])
  })

  test('a column that the file does not have is null', async () => {
    const { bytes } = await rowsToParquet([column('string', 'string')], [{ string: 'a' }])
    expect(await read(bytes, [column('string', 'string'), column('late', 'timestamp')])).toEqual([
      { string: 'a', late: null },
    ])
  })

  test('refuses a column of another type and what is no Parquet file', async () => {
    const { bytes } = await rowsToParquet([column('at', 'string')], [{ at: 'noon' }])
    await expect(read(bytes, [column('at', 'timestamp')])).rejects.toThrow(
      'column at is timestamp in the table and Utf8 in the file',
    )
    await expect(read(Buffer.from('nothing'))).rejects.toThrow()
  })
})
