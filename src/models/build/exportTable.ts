import { join } from 'node:path'
import type { Column } from '../../core/columns.ts'
import { strategyOf } from '../project/nodeConfig.ts'
import { unsupported } from '../project/projectError.ts'
import type { CompiledModel } from '../project/projectNodes.ts'
import { identifier, literal } from '../project/sqlText.ts'
import type { Materialized } from './materialize.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnsOf } from './relationColumns.ts'
import { filesToRewrite, packSlices } from './slices.ts'
import type { KeyCount, Slice } from './slices.ts'
import { columnTypeOf } from './sourceTable.ts'

/** One Parquet file of a table as it is published. */
export interface ContentFile {
  /** Relative to the table. */
  readonly path: string
  readonly bytes: number
  readonly rows: number
  /** The part of the table that it holds; undefined: all of it. */
  readonly slice?: Slice | undefined
}

/** A new file of a table, not yet in the lake. */
export interface BuiltFile {
  readonly path: string
  readonly rows: number
  readonly slice: Slice | undefined
}

/** A published model as local Parquet files and those of the version before that stay. */
export interface BuiltTable {
  readonly name: string
  readonly rows: number
  readonly columns: readonly Column[]
  readonly files: readonly BuiltFile[]
  readonly kept: readonly ContentFile[]
}

/** Keys differ from row to row: no dictionary is begun for a column of more than so many values. */
const PARQUET = 'format parquet, compression zstd, compression_level 1, dictionary_size_limit 1000'
/** A table that is only added to is written anew once it has more files than this. */
const MOST_FILES = 48
/** More keys than this are no slices. */
const MOST_KEYS = 10_000
const SLICED = ['INTEGER', 'BIGINT', 'DATE']

/**
 * Writes a model's table as Parquet files (zstd). One that is replaced by a key of few values is cut
 * along it, so that the next refresh rewrites only the files whose rows have changed; where rows were only
 * added, these are written alone. A table that is added to is cut along its key as well, by which readers
 * leave out files.
 *
 * @param before the files of the version that this build goes on from
 */
export async function exportTable(
  database: Database,
  model: CompiledModel,
  {
    directory,
    how,
    before,
  }: {
    readonly directory: string
    readonly how: Materialized
    readonly before: readonly ContentFile[] | undefined
  },
): Promise<BuiltTable> {
  const { name, relation } = model
  const columns = await tableColumns(database, model)
  const [counted] = await database.rows(`select count(*) as n from ${relation}`)
  const rows = Number(counted?.['n'])
  const key = await sliceKey(database, model)
  const { added } = how
  if (added !== undefined && before !== undefined && before.length < MOST_FILES) {
    const slices = key === undefined ? [undefined] : await slicesOf(database, added, key, [])
    const names = columns.map((column) => identifier(column.name)).join(', ')
    const from = `(select ${names} from ${added})`
    const files = await writeSlices(database, { directory, name, from, slices })
    return { name, rows, columns, files: files.filter((file) => file.rows > 0), kept: before }
  }
  const isPart = how.incremental && how.changed !== undefined && before !== undefined
  const rewritten = isPart ? filesToRewrite(before, how.changed ?? []) : []
  const kept = isPart && key !== undefined ? before.filter((file) => !rewritten.includes(file)) : []
  const slices =
    key === undefined
      ? [undefined]
      : await slicesOf(
          database,
          relation,
          key,
          kept.flatMap(({ slice }) => slice ?? []),
        )
  const files = await writeSlices(database, { directory, name, from: relation, slices })
  return { name, rows, columns, files, kept }
}

/** A file a slice; what `copy` takes is a table or a query in parentheses. */
async function writeSlices(
  database: Database,
  {
    directory,
    name,
    from,
    slices,
  }: {
    readonly directory: string
    readonly name: string
    readonly from: string
    readonly slices: readonly (Slice | undefined)[]
  },
): Promise<BuiltFile[]> {
  const files: BuiltFile[] = []
  for (const [number, slice] of slices.entries()) {
    const path = join(directory, `${name}-${number}.parquet`)
    const part = slice === undefined ? from : `(from ${from} where ${between(slice)})`
    const [written] = await database.rows(`copy ${part} to ${literal(path)} (${PARQUET})`)
    files.push({ path, rows: Number(written?.['Count']), slice })
  }
  return files
}

async function tableColumns(
  database: Database,
  { relation, file }: CompiledModel,
): Promise<readonly Column[]> {
  const described = await columnsOf(database, relation)
  return described.map(({ name, type: duckdbType }): Column => {
    const type = columnTypeOf(duckdbType)
    if (type !== undefined) return { name, type, nullable: true }
    const feature = `column '${name}' of type ${duckdbType}, which tables in the lake don't have,`
    throw unsupported({ file }, feature, 'cast it')
  })
}

/** The key along which a table is cut: one column of whole numbers or days, never null. */
async function sliceKey(
  database: Database,
  { config, relation }: CompiledModel,
): Promise<string | undefined> {
  const [key, second] = config.uniqueKey
  const isCut = config.materialized === 'incremental' && strategyOf(config) !== 'merge'
  if (!isCut || key === undefined || second !== undefined) return undefined
  const columns = await columnsOf(database, relation)
  const column = columns.find(({ name }) => name === key)
  if (column === undefined || !SLICED.includes(column.type)) return undefined
  const [counted] = await database.rows(
    `select count(*) as n, count(*) filter (where k is null) as nulls from (select distinct ${identifier(key)} as k from ${relation})`,
  )
  const isFew = Number(counted?.['n']) <= MOST_KEYS && Number(counted?.['nulls']) === 0
  return isFew && Number(counted?.['n']) > 0 ? key : undefined
}

/** The slices of all rows that no kept file has. */
async function slicesOf(
  database: Database,
  relation: string,
  column: string,
  kept: readonly Slice[],
): Promise<readonly Slice[]> {
  const others = kept.map((slice) => `not (${between(slice)})`)
  const where = others.length === 0 ? '' : `where ${others.join(' and ')}`
  const key = identifier(column)
  const rows = await database.rows(
    `select cast(${key} as varchar) as k, count(*) as n from ${relation} ${where} group by ${key} order by ${key}`,
  )
  const keys = rows.map((row): KeyCount => ({ key: String(row['k']), rows: Number(row['n']) }))
  return packSlices(column, keys, kept)
}

/** Numbers and days are compared as what they are: the literal takes the column's type. */
const between = ({ column, from, to }: Slice): string =>
  `${identifier(column)} between ${literal(from)} and ${literal(to)}`
