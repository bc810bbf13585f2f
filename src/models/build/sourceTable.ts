import type { Column } from '../../core/columns.ts'

export { columnTypeOf, DUCKDB_TYPES } from '../../core/duckdbTypes.ts'

/** One data file of a table, as the table's log names it. */
export interface DataFile {
  /** Relative to the table, decoded. */
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
}

/** A table at one version. */
export interface TableVersion {
  readonly columns: readonly Column[]
  readonly partitionColumns: readonly string[]
  readonly files: readonly DataFile[]
}
