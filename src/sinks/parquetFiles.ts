import type { GenericSchema } from 'valibot'
import { CheckpointError } from '../core/errors.ts'
import { columnsOf } from '../core/schema.ts'
import type { PreparedFile, Publisher, Sink } from '../core/unit.ts'
import { checkKey } from '../lake/checkKey.ts'
import type { ObjectStore, StagedObject } from '../lake/objectStore.ts'
import { openLake } from '../lake/openLake.ts'
import { partitionColumns } from '../lake/partitions.ts'

export interface ParquetFilesOptions<Row, Column extends keyof Row & string> {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** Where in the lake, such as `exports/posts`. */
  readonly path: string
  /** Of a row: an object with a field for every column. `columnsOf` says what may stand in it. */
  readonly schema: GenericSchema<unknown, Row>
  /** Columns that become folders, in this order. @defaultValue none */
  readonly partitionBy?: readonly Column[]
}

const PUBLISHED_AT_ONCE = 8

/**
 * Writes every row to Parquet files in Hive folders, `<path>/<column>=<value>/part-….parquet`, for readers
 * that only list folders.
 *
 * **State** the columns of the open files, compressed page by page, within the writer's memory bound.
 *
 * **Delivery** exactly once. Files wait invisible until their epoch is committed, are then published one by
 * one, and never overwrite anything; a reader may see some files of an epoch before the others. Where that
 * matters, use `deltaTable`.
 *
 * @throws ConfigError `SBX_SCHEMA_COLUMN`, `SBX_PARTITION_COLUMN`, `SBX_LAKE_KEY`; later SinkError
 *   `SBX_ROW_VALUE`, `SBX_PARTITION_VALUE`, CheckpointError `SBX_PUBLISH_CONFLICT`
 * @example
 * ```ts
 * posts.to('export', parquetFiles({ lake, path: 'exports/posts', schema: Post, partitionBy: ['date'] }))
 * ```
 */
export function parquetFiles<Row, const Column extends keyof Row & string = never>(
  options: ParquetFilesOptions<Row, Column>,
): Sink<Row> {
  const { lake, path, schema, partitionBy = [] } = options
  const columns = columnsOf(schema)
  checkKey(path)
  partitionColumns(columns, partitionBy)
  const unit: Sink<Readonly<Record<string, unknown>>> = {
    kind: 'sink',
    type: 'parquetFiles',
    options: { lake, path, partitionBy, columns: columns.map((column) => ({ ...column })) },
    rank: 'silver',
    async openWriter(context) {
      const { partitionedWriter } = await import('../lake/partitionedWriter.ts')
      const open = async (key: string) => (await openLake(lake)).stage(context.task, key, true)
      return partitionedWriter({ context, columns, partitionBy, path, open })
    },
    openPublisher: async () => openPublisher(await openLake(lake), path),
  }
  // The schema says that each row is an object with these columns.
  return Object.freeze(unit) as Sink<Row>
}

function openPublisher(store: ObjectStore, path: string): Publisher {
  return {
    async publish({ files }) {
      for (let at = 0; at < files.length; at += PUBLISHED_AT_ONCE) {
        const some = files.slice(at, at + PUBLISHED_AT_ONCE)
        const answers = await Promise.all(some.map((file) => store.publish(stagedOf(file))))
        const missing = some[answers.indexOf('missing')]
        if (missing !== undefined) return { missing: missing.key }
      }
      return {}
    },

    async discard(files) {
      await Promise.all(files.map((file) => store.discard(stagedOf(file))))
    },

    async clean(task, isDead) {
      const [{ discardStaged }, { parseDataFileName }] = await Promise.all([
        import('../lake/discardStaged.ts'),
        import('../lake/dataFileName.ts'),
      ])
      const nameOf = (key: string) =>
        key.startsWith(`${path}/`) ? parseDataFileName(key) : undefined
      return discardStaged(store, task, nameOf, isDead)
    },
  }
}

function stagedOf({ key, bytes, checksum, staged }: PreparedFile): StagedObject {
  if (staged !== undefined) return { key, bytes, checksum, staged }
  throw new CheckpointError(
    `a checkpoint does not say where ${key} waits: it is damaged, or was written by another kind of sink under this name. Restore it from a copy of the lake`,
    { code: 'SBX_STAGED_NAME' },
  )
}
