import type { Column } from '../../core/columns.ts'
import { ConfigError } from '../../core/errors.ts'
import type { ObjectStore } from '../objectStore.ts'
import type { PartitionValues } from '../partitions.ts'

/** A Delta table at one version: enough for any reader of Parquet files. */
export interface DeltaVersion {
  readonly version: number
  readonly columns: readonly Column[]
  readonly partitionColumns: readonly string[]
  readonly files: readonly DeltaFile[]
}

export interface DeltaFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string
  readonly partitionValues: PartitionValues
  readonly bytes: number
  /** Undefined where whoever wrote the file did not say. */
  readonly records: number | undefined
}

/**
 * Which files a Delta table consists of.
 *
 * @param store the lake
 * @param path the table's folder in it
 * @param version of the table @defaultValue the newest
 * @returns undefined where there is no table
 * @throws CheckpointError SBX_DELTA_LOG_DAMAGED; ConfigError SBX_DELTA_PROTOCOL, SBX_DELTA_SCHEMA for
 *   columns of a type that this library does not know
 * @example
 * ```ts
 * const posts = await readDelta(await openLake('./lake'), 'silver/posts')
 * console.log(posts?.version, posts?.files.length)
 * ```
 */
export async function readDelta(
  store: ObjectStore,
  path: string,
  version?: number,
): Promise<DeltaVersion | undefined> {
  const [{ loadSnapshot }, { checkReadable }, { deltaColumns }, { filePath }] = await Promise.all([
    import('./loadSnapshot.ts'),
    import('./checkProtocol.ts'),
    import('./deltaSchema.ts'),
    import('./actions.ts'),
  ])
  const snapshot = await loadSnapshot(store, path, version)
  checkReadable(path, snapshot)
  if (snapshot.metadata === undefined) return undefined
  const { columns, unknown } = deltaColumns(snapshot.metadata.schemaString)
  if (unknown.length > 0) {
    throw new ConfigError(
      `the Delta table ${path} has columns of types that are not known here: ${unknown.join(', ')}`,
      { code: 'SBX_DELTA_SCHEMA' },
    )
  }
  return {
    version: snapshot.version,
    columns,
    partitionColumns: snapshot.metadata.partitionColumns,
    files: [...snapshot.files.values()].map(({ path, partitionValues, size, stats }) => {
      const known = stats ? (JSON.parse(stats) as { readonly numRecords?: number }) : {}
      return { path: filePath(path), partitionValues, bytes: size, records: known.numRecords }
    }),
  }
}
