import { projectError } from '../project/projectError.ts'
import type { CompiledModel } from '../project/projectNodes.ts'
import { identifier } from '../project/sqlText.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnsOf } from './relationColumns.ts'

/** What DuckDB compresses text with. */
const METHODS = ['zstd', 'fsst', 'dictionary', 'uncompressed']

/**
 * How the file of the database stores a column, as its `meta: {compression: …}` says: one method instead of trying
 * them all on every row group, which takes longer than all else for text that hardly repeats. Empty where it says nothing.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT` for a method that DuckDB doesn't have
 */
export function compressionOf(
  { columns, file }: Pick<CompiledModel, 'columns' | 'file'>,
  name: string,
): string {
  const method = columns.find((column) => column.name === name)?.meta['compression']
  if (method === undefined) return ''
  if (METHODS.includes(String(method))) return `using compression ${String(method)}`
  const message = `the compression of the column '${name}' is ${JSON.stringify(method)}: it can be ${METHODS.join(', ')}`
  throw projectError({ file }, message)
}

/** The columns of a model as `create table` takes them; undefined where none says how it is stored. */
export async function compressedColumns(
  database: Database,
  model: CompiledModel,
): Promise<string | undefined> {
  if (model.columns.every(({ meta }) => meta['compression'] === undefined)) return undefined
  const columns = await columnsOf(database, `(\n${model.sql}\n)`)
  return columns
    .map(({ name, type }) => `${identifier(name)} ${type} ${compressionOf(model, name)}`)
    .join(', ')
}
