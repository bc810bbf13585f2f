import type { Column } from '../../core/columns.ts'
import type { JsonObject } from '../../core/json.ts'
import type { TableVersion } from '../build/sourceTable.ts'

/** What models need of Delta tables: to read one at a version, and to replace what one holds. */
export interface DeltaTables {
  /** The newest version; undefined where there is no table. */
  newest(path: string): Promise<number | undefined>
  at(path: string, version: number): Promise<TableVersion>
  /**
   * Makes one file all that a table holds. Idempotent by `appId` and `epoch`.
   *
   * @returns the version of the table that holds it
   */
  replaceContent(path: string, content: TableContent): Promise<number>
}

export interface TableContent {
  readonly columns: readonly Column[]
  /** Relative to the table. */
  readonly file: string
  readonly bytes: number
  readonly rows: number
  readonly appId: string
  readonly epoch: number
  readonly commitInfo: JsonObject
}
