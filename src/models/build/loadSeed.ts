import { join } from 'node:path'
import type { CompiledSeed } from '../project/projectNodes.ts'
import { literal } from '../project/sqlText.ts'
import { kindOf, named } from './materialize.ts'
import type { Database } from '../../lake/openDatabase.ts'

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
  const csv = `read_csv(${literal(join(root, seed.file))}, header = true, delim = ${literal(delimiter)}, quote = '"', escape = '"'${given})`
  await named(node, seed.file, async () => {
    if ((await kindOf(database, seed.relation)) === 'view') {
      await database.run(`drop view ${seed.relation}`)
    }
    await database.run(`create or replace table ${seed.relation} as from ${csv}`)
  })
}
