import { OperatorError } from '../../core/errors.ts'
import { strategyOf } from '../project/nodeConfig.ts'
import type { NodeConfig } from '../project/nodeConfig.ts'
import type { CompiledModel } from '../project/projectNodes.ts'
import { identifier } from '../project/sqlText.ts'
import { compressedColumns } from './columnCompression.ts'
import { contractOf } from './contract.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnsOf } from './relationColumns.ts'
import type { RelationColumn } from './relationColumns.ts'

/** How a model came to be what it is. */
export interface Materialized {
  /** Whether only new rows were added to what was there. */
  readonly incremental: boolean
  /** Values of the unique key whose rows may have changed; undefined: any. */
  readonly changed: readonly string[] | undefined
  /** What has exactly the rows that were added, where nothing else has changed; undefined: more may have. */
  readonly added: string | undefined
}

/** More values than this count as a change of everything. */
const MOST_CHANGED = 10_000
const WHOLE: Materialized = { incremental: false, changed: undefined, added: undefined }

/**
 * Makes one model's view or table; an incremental one is added to where it is there already, unless
 * `anew` says otherwise. `keepAdded` leaves the rows that were only added where they can be read until the
 * database is closed.
 */
export async function materialize(
  database: Database,
  model: CompiledModel,
  {
    anew,
    node,
    keepAdded = false,
  }: {
    readonly anew: boolean
    readonly node?: string | undefined
    readonly keepAdded?: boolean
  },
): Promise<Materialized> {
  const { relation, stored, sql, incrementalSql, file } = model
  if (stored === 'ephemeral') return WHOLE
  return named(node, file, async () => {
    const present = await kindOf(database, relation)
    const isNew = present !== 'table' || anew || incrementalSql === undefined
    if (!isNew) return addTo(database, model, incrementalSql, keepAdded)
    const wanted = stored === 'view' ? 'view' : 'table'
    if (present !== undefined && present !== wanted) {
      await database.run(`drop ${present} ${relation}`)
    }
    const contract = await contractOf(database, model)
    const defined =
      wanted === 'view' ? undefined : (contract?.ddl ?? (await compressedColumns(database, model)))
    if (defined === undefined) {
      await database.run(`create or replace ${wanted} ${relation} as\n${sql}`)
      return WHOLE
    }
    await database.run(`create or replace table ${relation} (${defined})`)
    const columns = contract?.columns ?? '*'
    await database.run(`insert into ${relation} select ${columns} from (\n${sql}\n)`)
    return WHOLE
  })
}

/** An incremental model's run: its new rows aside first, then into the table in one step. */
async function addTo(
  database: Database,
  model: CompiledModel,
  sql: string,
  keepAdded: boolean,
): Promise<Materialized> {
  const { relation, config } = model
  let added: string | undefined
  await contractOf(database, model)
  const aside = `temp.${identifier(`${model.name}__dbt_tmp`)}`
  await database.run(`create or replace temp table ${aside.replace('temp.', '')} as\n${sql}`)
  try {
    // Before the table gets the columns that the new rows have: its files don't.
    const [before, now] = [await columnsOf(database, relation), await columnsOf(database, aside)]
    const columns = await alignColumns(database, model, before, now)
    await database.run('begin')
    try {
      for (const statement of statementsOf(config, relation, aside, columns)) {
        await database.run(statement)
      }
      await database.run('commit')
    } catch (error) {
      await database.run('rollback').catch(() => {})
      throw error
    }
    if (keepAdded && isAlike(before, now) && strategyOf(config) === 'append') added = aside
    return { incremental: true, changed: await changedKeys(database, config, aside), added }
  } finally {
    if (added === undefined) {
      await database.run(`drop table if exists ${aside}`).catch(() => {})
    }
  }
}

/** Whether two tables have the same columns of the same types. */
const isAlike = (these: readonly RelationColumn[], those: readonly RelationColumn[]): boolean =>
  these.length === those.length &&
  these.every(({ name, type }) => those.some((c) => c.name === name && c.type === type))

function statementsOf(
  config: NodeConfig,
  target: string,
  from: string,
  columns: readonly string[],
): string[] {
  const all = columns.map(identifier).join(', ')
  const insert = `insert into ${target} (${all}) select ${all} from ${from}`
  const { uniqueKey } = config
  switch (strategyOf(config)) {
    case 'append':
      return [insert]
    case 'delete+insert': {
      const [only = ''] = uniqueKey
      const matches = uniqueKey.map((key) => `fresh.${key} = stale.${key}`).join(' and ')
      const remove =
        uniqueKey.length === 1
          ? `delete from ${target} where (${only}) in (select ${only} from ${from})`
          : `delete from ${target} as stale using ${from} as fresh where ${matches}`
      return [remove, insert]
    }
    case 'merge': {
      const { mergeUpdateColumns: only, mergeExcludeColumns: never } = config
      const updated = columns.filter(
        (column) => (only.length === 0 || only.includes(column)) && !never.includes(column),
      )
      const sets = updated.map((name) => `${identifier(name)} = fresh.${identifier(name)}`)
      const values = columns.map((name) => `fresh.${identifier(name)}`)
      const on = uniqueKey.map((key) => `fresh.${key} = stale.${key}`).join(' and ')
      return [
        `merge into ${target} as stale using ${from} as fresh on (${on}) when matched then update set ${sets.join(', ')} when not matched then insert (${all}) values (${values.join(', ')})`,
      ]
    }
  }
}

/** Makes the table's columns what `on_schema_change` says; returns those that are written. */
async function alignColumns(
  database: Database,
  { relation, config, name }: CompiledModel,
  before: readonly RelationColumn[],
  now: readonly RelationColumn[],
): Promise<readonly string[]> {
  const has = (columns: readonly RelationColumn[], wanted: string) =>
    columns.some((column) => column.name === wanted)
  const added = now.filter((column) => !has(before, column.name))
  const gone = before.filter((column) => !has(now, column.name))
  const retyped = now.filter((column) =>
    before.some((one) => one.name === column.name && one.type !== column.type),
  )
  const { onSchemaChange } = config
  if (onSchemaChange === 'ignore') return before.map((column) => column.name)
  if (onSchemaChange === 'fail' && [...added, ...gone, ...retyped].length > 0) {
    const names = [...added, ...gone, ...retyped].map((column) => column.name).join(', ')
    throw new Error(
      `the columns of ${name} have changed (${names}) and on_schema_change is 'fail': run it with a full refresh`,
    )
  }
  for (const column of added) {
    const add = `alter table ${relation} add column ${identifier(column.name)} ${column.type}`
    await database.run(add)
  }
  if (onSchemaChange === 'append_new_columns') {
    return [...before, ...added].filter(({ name }) => has(now, name)).map(({ name }) => name)
  }
  for (const column of gone) {
    await database.run(`alter table ${relation} drop column ${identifier(column.name)}`)
  }
  for (const column of retyped) {
    const type = `alter column ${identifier(column.name)} set data type ${column.type}`
    await database.run(`alter table ${relation} ${type}`)
  }
  return now.map((column) => column.name)
}

async function changedKeys(
  database: Database,
  config: NodeConfig,
  aside: string,
): Promise<readonly string[] | undefined> {
  const [key, second] = config.uniqueKey
  if (strategyOf(config) !== 'delete+insert' || key === undefined || second !== undefined) {
    return undefined
  }
  const distinct = `select distinct cast(${key} as varchar) as k from ${aside}`
  const rows = await database.rows(`${distinct} limit ${MOST_CHANGED + 1}`)
  if (rows.length > MOST_CHANGED || rows.some((row) => row['k'] === null)) return undefined
  return rows.map((row) => String(row['k']))
}

/** What of this name there is: undefined where there is nothing. */
export async function kindOf(
  database: Database,
  relation: string,
): Promise<'table' | 'view' | undefined> {
  const [catalog, schema, name] = relation
    .split('"."')
    .map((part) => part.replaceAll(/^"|"$/g, '').replaceAll('""', '"').replaceAll("'", "''"))
  const [found] = await database.rows(
    `select table_type as kind from information_schema.tables where table_catalog = '${catalog}' and table_schema = '${schema}' and table_name = '${name}'`,
  )
  if (found === undefined) return undefined
  return found['kind'] === 'VIEW' ? 'view' : 'table'
}

/** Says whose SQL it was that the database refused. */
export async function named<Result>(
  node: string | undefined,
  file: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError' || 'code' in error) throw error
    throw new OperatorError(`${file}: ${error.message}`, {
      code: 'SBX_MODELS_SQL',
      node,
      cause: error,
    })
  }
}
