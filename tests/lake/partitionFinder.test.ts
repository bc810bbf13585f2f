import { expect, test } from 'vitest'
import type { Column } from '../../src/core/columns.ts'
import type { Cell, RowLayout } from '../../src/core/rows/rowLayout.ts'
import { RowStore } from '../../src/core/rows/rowStore.ts'
import { StoredRows } from '../../src/core/rows/storedRows.ts'
import { partitionFinder } from '../../src/lake/partitionFinder.ts'
import type { PartitionValues } from '../../src/lake/partitions.ts'
import { batchOf } from '../operators/decode/rows/readRows.ts'

const keys: readonly Column[] = [
  { name: 'platform', type: 'string', nullable: true },
  { name: 'day', type: 'date', nullable: false },
]

function finder(columns = keys) {
  const begun: PartitionValues[] = []
  const find = partitionFinder(columns, (values) => {
    begun.push(values)
    return { number: begun.length }
  })
  return { find, begun }
}

test('begins one for each combination of values, and finds it again', () => {
  const { find, begun } = finder()
  const rows = [
    { platform: 'a', day: '2024-06-10', id: 1 },
    { platform: 'a', day: '2024-06-11', id: 2 },
    { platform: null, day: '2024-06-10', id: 3 },
    { platform: 'a', day: '2024-06-10', id: 4 },
    { platform: 'a', day: '2024-06-10', id: 5 },
  ]
  expect(rows.map((row) => find(row).number)).toEqual([1, 2, 3, 1, 1])
  expect(begun).toEqual([
    { platform: 'a', day: '2024-06-10' },
    { platform: 'a', day: '2024-06-11' },
    { platform: null, day: '2024-06-10' },
  ])
  find.forget()
  expect(find(rows[0]!).number).toBe(4)
})

test('without partition columns all rows are of one', () => {
  const { find, begun } = finder([])
  expect([find({ id: 1 }).number, find({ id: 2 }).number]).toEqual([1, 1])
  expect(begun).toEqual([{}])
})

test('stored rows are of the partitions of the records that they stand for', () => {
  const cells = new Map<string, Cell>([
    ['platform', { kind: 'constant', value: 'a' }],
    ['day', { kind: 'day', slot: 0, mayBeNull: false }],
  ])
  const layout: RowLayout = { cells, texts: 0, numbers: 1, lists: 0 }
  const store = new RowStore(layout)
  const { find } = finder()
  // Days since 1970: 10 and 11 June 2024.
  const days = [19_884, 19_884, 19_885, 19_884, 19_884]
  const batch = batchOf(days.map(() => Buffer.alloc(0)))
  store.open(batch.bytes)
  store.bring(batch, Buffer.alloc(0))
  store.numbers.set(days)
  const rows = new StoredRows(store)
  for (const row of [0, 1, 2, 4]) rows.push(row, row)
  expect([0, 1, 2, 3].map((at) => find.stored(rows, at).number)).toEqual([1, 1, 2, 1])
  expect([0, 1, 2, 3].map((at) => find.behindAlike(rows, at))).toEqual([2, 2, 3, 4])
  expect(find({ platform: 'a', day: '2024-06-11' }).number).toBe(2)
})

test('stored rows whose texts name their partition are looked at one by one', () => {
  const cells = new Map<string, Cell>([
    ['platform', { kind: 'text', slot: 0, mayBeNull: false }],
    ['day', { kind: 'constant', value: '2024-06-10' }],
  ])
  const store = new RowStore({ cells, texts: 1, numbers: 0, lists: 0 })
  const rows = new StoredRows(store)
  for (const row of [0, 1, 2]) rows.push(row, row)
  expect(finder().find.behindAlike(rows, 1)).toBe(2)
})
