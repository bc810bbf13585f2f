import { CheckpointError } from '../../core/errors.ts'
import type { Column } from '../../core/columns.ts'
import type { Json } from '../../core/json.ts'
import type { PreparedFile } from '../../core/unit.ts'
import { dataFileName, parseDataFileName } from '../../lake/dataFileName.ts'
import type { DataFileName } from '../../lake/dataFileName.ts'
import type { KeptFigures } from '../../lake/figures/figureBook.ts'
import type { ContentFile } from '../build/exportTable.ts'

/** Whose build a file belongs to. */
export type BuildName = DataFileName

// Read from the right: a task's name may hold dashes itself.
const DATABASE = /(?:^|\/)\d+-([^/]+)-(\d+)-(\d+-[^-/]+)\.duckdb$/

/** `<path>/<model>/part-<task>-<epoch>-<attempt>-0-<n>.parquet` */
export const tableKey = (path: string, model: string, part: number, name: BuildName): string =>
  `${path}/${model}/${dataFileName(name, 0, part)}`

/** `<path>/_versions/<n>-<task>-<epoch>-<attempt>.duckdb` */
export const databaseKey = (path: string, version: number, name: BuildName): string =>
  `${path}/_versions/${version}-${encodeURIComponent(name.task)}-${name.epoch}-${name.attempt}.duckdb`

/** Whose file a key is; undefined for files that no build wrote. */
export function parseBuildKey(key: string): BuildName | undefined {
  const data = parseDataFileName(key)
  if (data !== undefined) return data
  const [, task, epoch, attempt] = DATABASE.exec(key) ?? []
  if (task === undefined || epoch === undefined || attempt === undefined) return undefined
  return { task: decodeURIComponent(task), epoch: Number(epoch), attempt }
}

/** All that a published table holds at one version. */
export interface TableContent {
  readonly columns: readonly { readonly [Key in keyof Column]: Column[Key] }[]
  readonly rows: number
  readonly files: readonly ContentFile[]
}

/** A data file of one published model. */
export interface TableFile extends PreparedFile {
  readonly detail: { readonly kind: 'table'; readonly model: string }
}

/** The finished database of one build, and what its tables are to hold. */
export interface DatabaseFile extends Omit<PreparedFile, 'detail'> {
  readonly detail: {
    readonly kind: 'database'
    readonly version: number
    /** What the store says of it. */
    readonly tag?: string
    readonly inputs: Json
    readonly tables: Readonly<Record<string, TableContent>>
    /** What was computed of them, for the build that goes on from here. */
    readonly figures?: KeptFigures
  }
}

/** A build's files as its checkpoint keeps them. */
export function splitFiles(files: readonly PreparedFile[]): {
  readonly tables: readonly TableFile[]
  readonly database: DatabaseFile
} {
  const found: unknown = files.find((file) => kindOf(file) === 'database')
  const database = found as DatabaseFile | undefined
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
