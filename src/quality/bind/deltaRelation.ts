import { DUCKDB_TYPES } from '../../core/duckdbTypes.ts'
import { identifier, literal } from '../../core/sqlText.ts'
import { readDelta } from '../../lake/delta/readDelta.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { localFiles } from './localFiles.ts'

/**
 * A Delta table at its newest version, as SQL that can stand behind `from`: exactly the files that its log
 * names, with partition columns from the log. Undefined where there is no table.
 */
export async function deltaRelation(
  store: ObjectStore,
  path: string,
  folder: string,
): Promise<string | undefined> {
  const table = await readDelta(store, path)
  if (table === undefined) return undefined
  const { columns, partitionColumns, files } = table
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
  const scan = `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true, filename = true, hive_partitioning = false)`
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
