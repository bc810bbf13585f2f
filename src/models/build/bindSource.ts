import { CheckpointError } from '../../core/errors.ts'
import type { CompiledProject } from '../project/projectNodes.ts'
import { projectError } from '../project/projectError.ts'
import { identifier, literal } from '../project/sqlText.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { DUCKDB_TYPES } from './sourceTable.ts'
import type { DataFile, TableVersion } from './sourceTable.ts'

type Source = CompiledProject['sources'][number]

/** A version of a table with its files where DuckDB can read them. */
export interface LocalTable extends TableVersion {
  /** The folder that all paths start from. */
  readonly folder: string
}

/**
 * Makes `source()` a view of exactly the files of one version. A table that is empty or does not exist
 * yet has no rows but its columns: from its log or its sink, else from schema.yml.
 */
export async function bindSource(
  database: Database,
  source: Source,
  table: LocalTable | undefined,
): Promise<void> {
  const schema = source.relation.split('.').slice(0, 2).join('.')
  await database.run(`create schema if not exists ${schema}`)
  await database.run(
    `create view ${source.relation} as ${await selection(database, source, table)}`,
  )
}

async function selection(
  database: Database,
  source: Source,
  table: LocalTable | undefined,
): Promise<string> {
  if (table === undefined || table.files.length === 0) return noRows(source, table)
  const { columns, partitionColumns } = table
  const scan = filesScan(source, table)
  const described = await database
    .rows(`describe select * from ${scan}`)
    .catch((error: unknown) => {
      throw unreadable(source, error)
    })
  const present = new Set(described.map((row) => row['column_name']))
  const typed = columns.map(({ name, type }) => {
    const value = present.has(name) ? identifier(name) : 'null'
    // A column that files don't have yet, and a partition of an unknown type, get the log's type.
    const isPlain = present.has(name) && !partitionColumns.includes(name)
    return isPlain ? value : `cast(${value} as ${DUCKDB_TYPES[type]}) as ${identifier(name)}`
  })
  return `select ${typed.join(', ')} from ${scan}`
}

function filesScan(
  source: Source,
  { folder, files, columns, partitionColumns }: LocalTable,
): string {
  const wrong = files.find((file) => !isHivePath(file, partitionColumns))
  if (wrong !== undefined) {
    throw new CheckpointError(
      `source('${source.source}', '${source.table}'): the file '${wrong.path}' does not name its partition ${JSON.stringify(wrong.partitionValues)} as column=value folders; rewrite the table with compaction`,
      { code: 'SBX_MODELS_SOURCE' },
    )
  }
  const paths = files.map(({ path }) => literal(`${folder}/${path}`)).join(', ')
  const types = partitionColumns.map((name) => {
    const type = columns.find((column) => column.name === name)?.type ?? 'string'
    // A bare DATE would be taken for a column of that name, in a query inside of another.
    return `${literal(name)}: ${literal(DUCKDB_TYPES[type])}`
  })
  const hive =
    types.length === 0
      ? 'hive_partitioning = false'
      : `hive_partitioning = true, hive_types = {${types.join(', ')}}`
  return `read_parquet([${paths}], union_by_name = true, ${hive})`
}

function unreadable({ source, table }: Source, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause.name === 'AbortError') return cause
  const [first] = cause.message.split('\n')
  return new CheckpointError(
    `source('${source}', '${table}'): a file that the table's log names can't be read: ${first}. Nothing was published. Restore it from a copy of the lake`,
    { code: 'SBX_MODELS_SOURCE', cause },
  )
}

/** Whether the folders of a path say what the log says of its partition. */
function isHivePath({ path, partitionValues }: DataFile, partitionColumns: readonly string[]) {
  const folders = path.split('/').slice(0, -1).map(decodeURIComponent)
  return partitionColumns.every((name) =>
    folders.includes(`${name}=${partitionValues[name] ?? '__HIVE_DEFAULT_PARTITION__'}`),
  )
}

function noRows(source: Source, table: LocalTable | undefined): string {
  const columns =
    table?.columns.map(({ name, type }) => ({ name, type: DUCKDB_TYPES[type] })) ?? source.columns
  if (columns.length === 0) {
    throw projectError(
      source.place,
      `the table '${source.table}' does not exist yet and no column has a data_type here`,
    )
  }
  const typed = columns.map(({ name, type }) => `cast(null as ${type}) as ${identifier(name)}`)
  return `select ${typed.join(', ')} where false`
}
