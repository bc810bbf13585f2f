import { identifier, literal } from '../../core/sqlText.ts'
import type { ObjectInfo, ObjectStore } from '../../lake/objectStore.ts'
import type { RawTable } from '../suite.ts'
import { fileStart } from './fileStart.ts'
import { localFiles } from './localFiles.ts'

const DEFAULT_MAX_BYTES = 4 * 2 ** 20
/** Longest record that is read, bytes. */
const MAX_RECORD = 8 * 2 ** 20

const EXTENSIONS = { ndjson: /\.ndjson(\.gz)?$/, csv: /\.csv(\.gz)?$/ } as const

/**
 * The newest files of raw records, as SQL that can stand behind `from`: the named fields as text; null where
 * a record lacks one or can't be parsed. Of a file that is longer than `maxBytes`, the lines at its start are read,
 * unless it is compressed. Without a file it has no rows.
 */
export async function rawRelation(
  store: ObjectStore,
  { path, format, fields, maxBytes = DEFAULT_MAX_BYTES }: RawTable,
  folder: string,
): Promise<string> {
  const keys = await newest(store, path, EXTENSIONS[format], maxBytes)
  if (keys.length === 0) {
    const none = fields.map((field) => `cast(null as varchar) as ${identifier(field)}`)
    return `(select ${none.join(', ')} where false)`
  }
  const [first] = keys
  const isLong = first !== undefined && first.bytes > maxBytes && !first.key.endsWith('.gz')
  const files = isLong
    ? [await fileStart(store, first.key, maxBytes, folder)]
    : await localFiles(
        store,
        keys.map(({ key }) => key),
        folder,
      )
  const paths = files.map(literal).join(', ')
  return format === 'ndjson' ? jsonScan(paths, fields) : csvScan(paths, fields)
}

function jsonScan(paths: string, fields: readonly string[]): string {
  const columns = fields.map((field) => `${literal(field)}: 'VARCHAR'`).join(', ')
  return `read_json([${paths}], format = 'newline_delimited', columns = {${columns}}, ignore_errors = true, maximum_object_size = ${MAX_RECORD})`
}

/** Headers may differ from file to file; a field that no file has is added, so that it is null. */
function csvScan(paths: string, fields: readonly string[]): string {
  const chosen = fields.map(identifier).join(', ')
  const none = fields.map((field) => `cast(null as varchar) as ${identifier(field)}`).join(', ')
  const scan = `read_csv([${paths}], header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', union_by_name = true, ignore_errors = true, null_padding = false, strict_mode = false)`
  return `(select ${chosen} from (select * from (select ${none} where false) union all by name select * from ${scan}))`
}

async function newest(
  store: ObjectStore,
  path: string,
  extension: RegExp,
  maxBytes: number,
): Promise<readonly ObjectInfo[]> {
  const files: ObjectInfo[] = []
  for await (const file of store.list(`${path}/`)) {
    if (extension.test(file.key) && file.bytes > 0) files.push(file)
  }
  files.sort((a, b) => b.modifiedMs - a.modifiedMs || (a.key < b.key ? 1 : -1))
  const chosen: ObjectInfo[] = []
  let bytes = 0
  for (const file of files) {
    bytes += file.bytes
    if (chosen.length > 0 && bytes > maxBytes) break
    chosen.push(file)
  }
  return chosen
}
