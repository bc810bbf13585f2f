import { DUCKDB_TYPES } from '../../core/duckdbTypes.ts'
import { identifier, literal } from '../../core/sqlText.ts'
import type { DeltaFile, DeltaVersion } from '../../lake/delta/readDelta.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { localFiles } from './localFiles.ts'

/**
 * Files of a Delta table as SQL that can stand behind `from`: exactly these, with partition columns from the log.
 *
 * @param folder where files of a lake that is no folder are fetched to
 */
export async function deltaRelation(
  store: ObjectStore,
  path: string,
  { columns, partitionColumns }: DeltaVersion,
  files: readonly DeltaFile[],
  folder: string,
): Promise<string> {
  const typed = columns.map(({ name, type }) => ({ name, type: DUCKDB_TYPES[type] }))
  if (files.length === 0) {
    const none = typed.map(({ name, type }) => `cast(null as ${type}) as ${identifier(name)}`)
    return `(select ${none.join(', ')} where false)`
  }
  const paths = await localFiles(
    store,
    files.map((file) => `${path}/${file.path}`),
    folder,
  )
  const list = paths.map(literal).join(', ')
  if (partitionColumns.length > 0 && paths.every((path, index) => saysSo(path, files[index]!))) {
    const types = typed
      .filter(({ name }) => partitionColumns.includes(name))
      // A bare DATE would be taken for a column of that name, in a query inside of another.
      .map(({ name, type }) => `${literal(name)}: ${literal(type)}`)
    const own = typed.map(({ name }) => identifier(name)).join(', ')
    return `(select ${own} from read_parquet([${list}], union_by_name = true, hive_partitioning = true, hive_types = {${types.join(', ')}}))`
  }
  const scan = `read_parquet([${list}], union_by_name = true, filename = true, hive_partitioning = false)`
  if (partitionColumns.length === 0) return `(select * exclude (filename) from ${scan})`
  // The log says what partition a file is of; folders' names are for people.
  const partitions = files.map((file, index) => {
    const values = partitionColumns.map((name) => {
      const value = file.partitionValues[name] ?? null
      return value === null ? 'null' : literal(value)
    })
    return `(${[literal(paths[index]!), ...values].join(', ')})`
  })
  const names = ['sluicebox_file', ...partitionColumns].map(identifier).join(', ')
  const chosen = typed.map(({ name, type }) =>
    partitionColumns.includes(name)
      ? `cast(partitions.${identifier(name)} as ${type}) as ${identifier(name)}`
      : `files.${identifier(name)}`,
  )
  return (
    `(select ${chosen.join(', ')} from ${scan} as files ` +
    `inner join (values ${partitions.join(', ')}) as partitions(${names}) ` +
    `on partitions.sluicebox_file = files.filename)`
  )
}

/** Whether a path's folders say what the log says of the partition, in letters that are the same in both. */
const saysSo = (path: string, { partitionValues }: DeltaFile): boolean =>
  Object.entries(partitionValues).every(
    ([name, value]) =>
      value !== null && /^[\w-]+$/.test(value) && path.split('/').includes(`${name}=${value}`),
  )
