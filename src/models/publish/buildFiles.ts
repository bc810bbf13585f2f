import { CheckpointError } from '../../core/errors.ts'
import type { Column } from '../../core/columns.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile } from '../../core/unit.ts'

/** Whose build a file belongs to. */
export interface BuildName {
  readonly task: string
  readonly epoch: number
  readonly attempt: string
}

// Read from the right: a task's name may hold dashes itself.
const NAME = /(?:^|\/)(?:part|\d+)-([^/]+)-(\d+)-(\d+-[^-/]+)\.(?:parquet|duckdb)$/

/** `<path>/<model>/part-<task>-<epoch>-<attempt>.parquet` */
export const tableKey = (path: string, model: string, name: BuildName): string =>
  `${path}/${model}/part-${suffix(name)}.parquet`

/** `<path>/_versions/<n>-<task>-<epoch>-<attempt>.duckdb` */
export const databaseKey = (path: string, version: number, name: BuildName): string =>
  `${path}/_versions/${version}-${suffix(name)}.duckdb`

const suffix = ({ task, epoch, attempt }: BuildName): string =>
  `${encodeURIComponent(task)}-${epoch}-${attempt}`

/** Whose file a key is; undefined for files that no build wrote. */
export function parseBuildKey(key: string): BuildName | undefined {
  const [, task, epoch, attempt] = NAME.exec(key) ?? []
  if (task === undefined || epoch === undefined || attempt === undefined) return undefined
  return { task: decodeURIComponent(task), epoch: Number(epoch), attempt }
}

/** The data file of one published model. */
export interface TableFile extends PreparedFile {
  readonly detail: {
    readonly kind: 'table'
    readonly model: string
    readonly columns: readonly { readonly [Key in keyof Column]: Column[Key] }[]
  }
}

/** The finished database of one build. */
export interface DatabaseFile extends PreparedFile {
  readonly detail: { readonly kind: 'database'; readonly version: number; readonly inputs: Json }
}

/** A build's files as its checkpoint keeps them. */
export function splitFiles(files: readonly PreparedFile[]): {
  readonly tables: readonly TableFile[]
  readonly database: DatabaseFile
} {
  const database = files.find((file): file is DatabaseFile => kindOf(file) === 'database')
  if (database === undefined) {
    throw new CheckpointError(
      'a committed build has no database among its files: the checkpoint is damaged or of another version of Sluicebox',
      { code: 'SBX_MODELS_CHECKPOINT' },
    )
  }
  return { tables: files.filter((file): file is TableFile => kindOf(file) === 'table'), database }
}

function kindOf({ detail }: PreparedFile): Json {
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : null
}
