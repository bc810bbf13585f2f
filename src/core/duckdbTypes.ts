import type { ColumnType } from './columns.ts'

/** How DuckDB names our column types. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = Object.freeze({
  string: 'VARCHAR',
  int32: 'INTEGER',
  int64: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  binary: 'BLOB',
  'list<string>': 'VARCHAR[]',
})

/** Our column type for one of DuckDB, where there is one. */
export function columnTypeOf(duckdbType: string): ColumnType | undefined {
  const found = Object.entries(DUCKDB_TYPES).find(([, type]) => type === duckdbType)
  return found?.[0] as ColumnType | undefined
}
