import { join } from 'node:path'
import type { CompiledSeed } from '../project/projectNodes.ts'
import { identifier, literal } from '../project/sqlText.ts'
import { kindOf, named } from './materialize.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { columnsOf } from './relationColumns.ts'

/** Makes a table of a CSV file. */
export async function loadSeed(
  database: Database,
  seed: CompiledSeed,
  { root, node }: { readonly root: string; readonly node?: string | undefined },
): Promise<void> {
  const types = Object.entries(seed.config.columnTypes).map(
    ([column, type]) => `${literal(column)}: ${literal(type)}`,
  )
  const given = types.length === 0 ? '' : `, types = {${types.join(', ')}}`
  const { delimiter } = seed.config
  const csv = `read_csv(${literal(join(root, seed.file))}, header = true, skip = 0, delim = ${literal(delimiter)}, quote = '"', escape = '"'${given})`
  await named(node, seed.file, async () => {
    if ((await kindOf(database, seed.relation)) === 'view') {
      await database.run(`drop view ${seed.relation}`)
    }
    await database.run(`create or replace table ${seed.relation} as from ${csv}`)
    await narrowIntegers(database, seed)
  })
}

/** Whole numbers that nobody gave a type are `integer`, as dbt has them, where they all fit. */
async function narrowIntegers(database: Database, seed: CompiledSeed): Promise<void> {
  for (const { name, type } of await columnsOf(database, seed.relation)) {
    if (type !== 'BIGINT' || Object.hasOwn(seed.config.columnTypes, name)) continue
    const column = identifier(name)
    const [found] = await database.rows(
      `select bool_and(${column} between -2147483648 and 2147483647) as fits from ${seed.relation}`,
    )
    if (found?.['fits'] !== true) continue
    await database.run(`alter table ${seed.relation} alter column ${column} set data type integer`)
  }
}
