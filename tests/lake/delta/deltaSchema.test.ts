import { expect, test } from 'vitest'
import type { Column } from '../../../src/core/columns.ts'
import { columnsWithInvariants, deltaColumns } from '../../../src/lake/delta/deltaSchema.ts'
import { deltaSchema, schemaConflict } from '../../../src/lake/delta/deltaSchema.ts'

const types = [
  ...(['string', 'int32', 'int64', 'double', 'boolean', 'date', 'timestamp', 'binary'] as const),
  'list<string>' as const,
]
const columns: readonly Column[] = types.map((type, i) => ({
  name: `c${i}`,
  type,
  nullable: i % 2 > 0,
}))

const tableOf = (...fields: object[]): string => JSON.stringify({ type: 'struct', fields })

test('every column type survives the way through a table', () => {
  expect(deltaColumns(deltaSchema(columns))).toEqual({ columns, unknown: [] })
})

test('columns of other types are named', () => {
  const table = tableOf(
    { name: 'id', type: 'string', nullable: true, metadata: {} },
    { name: 'price', type: 'decimal(10,2)', nullable: true, metadata: {} },
  )
  expect(deltaColumns(table)).toEqual({
    columns: [{ name: 'id', type: 'string', nullable: true }],
    unknown: ['price "decimal(10,2)"'],
  })
})

test('rows fit a table that has more columns, where those are nullable', () => {
  const more: Column[] = [...columns, { name: 'more', type: 'string', nullable: true }]
  expect(schemaConflict(deltaSchema(more), columns)).toBeUndefined()
  const needed = [...columns, { name: 'more', type: 'string', nullable: false } as const]
  expect(schemaConflict(deltaSchema(needed), columns)).toMatch(/more is not nullable and not in/)
})

test('what does not fit is named', () => {
  const table = deltaSchema([{ name: 'id', type: 'int64', nullable: false }])
  const conflict = (column: Column) => schemaConflict(table, [column])
  expect(conflict({ name: 'id', type: 'int64', nullable: false })).toBeUndefined()
  expect(conflict({ name: 'id', type: 'string', nullable: false })).toBe(
    'column id is "long" in the table and string in the schema',
  )
  expect(conflict({ name: 'id', type: 'int64', nullable: true })).toMatch(/id is not nullable/)
  expect(conflict({ name: 'other', type: 'int64', nullable: true })).toMatch(/no column other/)
})

test('columns with invariants are found', () => {
  const metadata = { 'delta.invariants': '{"expression":{"expression":"id > 0"}}' }
  const table = tableOf({ name: 'id', type: 'long', nullable: true, metadata })
  expect(columnsWithInvariants(table)).toEqual(['id'])
  expect(columnsWithInvariants(deltaSchema(columns))).toEqual([])
})
