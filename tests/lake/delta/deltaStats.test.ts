import { expect, test } from 'vitest'
import type { Column, ColumnType } from '../../../src/core/columns.ts'
import { deltaStats } from '../../../src/lake/delta/deltaStats.ts'
import { rowsToParquet } from '../../../src/lake/parquet/parquetFile.ts'

async function statsOf(type: ColumnType, values: readonly unknown[]): Promise<string> {
  const column: Column = { name: 'c', type, nullable: true }
  const { summary } = await rowsToParquet(
    [column],
    values.map((c) => ({ c })),
  )
  return deltaStats(summary)
}

const bounds = async (type: ColumnType, values: readonly unknown[]) => {
  const stats = JSON.parse(await statsOf(type, values)) as Record<string, Record<string, unknown>>
  return [stats['minValues']!['c'], stats['maxValues']!['c']]
}

test('count records and nulls', async () => {
  expect(await statsOf('int32', [1, null, 3])).toBe(
    '{"numRecords":3,"minValues":{"c":1},"maxValues":{"c":3},"nullCount":{"c":1}}',
  )
})

test('keep large integers exact', async () => {
  expect(await statsOf('int64', [2n ** 63n - 1n])).toContain(
    '"maxValues":{"c":9223372036854775807}',
  )
})

test('give instants in whole milliseconds outwards', async () => {
  expect(await bounds('timestamp', [1_717_977_600_000_001])).toEqual([
    '2024-06-10T00:00:00.000Z',
    '2024-06-10T00:00:00.001Z',
  ])
  expect(await bounds('timestamp', [-1])).toEqual([
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
  ])
  expect(await bounds('timestamp', [5000])).toEqual([
    '1970-01-01T00:00:00.005Z',
    '1970-01-01T00:00:00.005Z',
  ])
})

test('give days and bound long strings by short ones', async () => {
  expect(await bounds('date', ['2024-06-10', '1969-12-31'])).toEqual(['1969-12-31', '2024-06-10'])
  expect(await bounds('string', ['a'.repeat(50), ''])).toEqual(['', 'a'.repeat(31) + 'b'])
})

test('leave out what has no bound in JSON or no order', async () => {
  const unknown = [undefined, undefined]
  expect(await bounds('double', [1, Infinity])).toEqual([1, undefined])
  expect(await bounds('double', [NaN])).toEqual(unknown)
  expect(await bounds('timestamp', [2n ** 62n])).toEqual(unknown)
  expect(await bounds('date', ['0000-01-01'])).toEqual(['0000-01-01', '0000-01-01'])
  expect(await bounds('boolean', [true])).toEqual(unknown)
  expect(await bounds('list<string>', [['a']])).toEqual(unknown)
})
