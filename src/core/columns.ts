/** The column types that every sink, Parquet, Delta, Arrow and DuckDB know. */
export type ColumnType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'double'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'binary'
  | 'list<string>'

/**
 * One column of a table. How a row holds it: string → string; int32, double → number; int64 → number
 * (safe integer) or bigint; boolean; date → `YYYY-MM-DD` string; timestamp → microseconds since 1970 UTC,
 * number or bigint; binary → Uint8Array; list<string> → array of strings. Nullable: null or undefined.
 */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
}
