import type { GenericSchema } from 'valibot'
import { columnsOf } from '../../core/schema.ts'
import type { Table } from '../../core/unit.ts'
import { checkKey } from '../../lake/checkKey.ts'
import { openLake } from '../../lake/openLake.ts'
import { partitionColumns } from '../../lake/partitions.ts'

export interface DeltaTableOptions<Row, Column extends keyof Row & string> {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** Where in the lake, such as `silver/posts`. */
  readonly path: string
  /** Of a row: an object with a field for every column. `columnsOf` says what may stand in it. */
  readonly schema: GenericSchema<unknown, Row>
  /** Columns that become folders, in this order: those that queries filter by. @defaultValue none */
  readonly partitionBy?: readonly Column[]
}

/**
 * Adds every row to a Delta Lake table (reader version 1, writer version 2), which is made if there is none:
 * zstd Parquet files with statistics, at least one a partition and epoch, and one entry of the log for the
 * epochs of all tasks that are committed together.
 *
 * **State** the columns of the open files, compressed page by page, within the writer's memory bound.
 *
 * **Delivery** exactly once. Files are durable before their epoch is committed and become part of the table
 * after that; an epoch that the table's log already has is not added again. Other writers may add to the
 * same table at any time.
 *
 * @throws ConfigError `SBX_SCHEMA_COLUMN`, `SBX_PARTITION_COLUMN`, `SBX_LAKE_KEY`; later SinkError
 *   `SBX_ROW_VALUE`, `SBX_PARTITION_VALUE`, CheckpointError `SBX_DELTA_LOG_DAMAGED`, `SBX_DELTA_TXN`,
 *   `SBX_DELTA_FOREIGN_TXN`, ConfigError `SBX_DELTA_SCHEMA`, `SBX_DELTA_PROTOCOL`
 * @example
 * ```ts
 * const Post = v.object({ platform: v.string(), id: v.string(), createdAt: timestamp() })
 * posts.toTable('silver', deltaTable({ lake, path: 'silver/posts', schema: Post, partitionBy: ['platform'] }))
 * ```
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */
export function deltaTable<Row, const Column extends keyof Row & string = never>(
  options: DeltaTableOptions<Row, Column>,
): Table<Row> {
  const { lake, path, schema, partitionBy = [] } = options
  const columns = columnsOf(schema)
  checkKey(path)
  partitionColumns(columns, partitionBy)
  const unit: Table<Readonly<Record<string, unknown>>> = {
    kind: 'table',
    type: 'deltaTable',
    options: { lake, path, partitionBy, columns: columns.map((column) => ({ ...column })) },
    rank: 'silver',
    async openWriter(context) {
      const { partitionedWriter } = await import('../../lake/partitionedWriter.ts')
      const open = async (key: string) => (await openLake(lake)).openWriter(key)
      return partitionedWriter({ context, columns, partitionBy, path, open })
    },
    async openPublisher(context) {
      const { openDeltaPublisher } = await import('./deltaPublisher.ts')
      const store = await openLake(lake)
      return openDeltaPublisher({ store, path, columns, partitionBy, context })
    },
    async openUpkeep(context) {
      const { tableUpkeep } = await import('../../lake/delta/tableUpkeep.ts')
      return tableUpkeep(await openLake(lake), path, context)
    },
  }
  // The schema says that each row is an object with these columns.
  return Object.freeze(unit) as Table<Row>
}
