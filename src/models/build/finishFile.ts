import { PUBLISHED_CATALOG } from '../project/layout.ts'
import type { CompiledProject } from '../project/projectNodes.ts'
import { literal } from '../project/sqlText.ts'
import type { Database } from '../../lake/openDatabase.ts'

/** What DuckDB puts into one row group. */
const GROUP_ROWS = 122_880
/** Row groups that a table may have beyond those that its rows need. */
const MOST_EXTRA = 24

/**
 * Writes all of the published database to its file, which is whole from then on.
 *
 * Rows that are added get a row group of their own, and those that are replaced leave holes. To fold these takes longer
 * than all else that a refresh writes: it is done once there are many. A file that is written anew has few.
 *
 * @param isOld whether the file was there before
 */
export async function finishFile(
  database: Database,
  { models }: CompiledProject,
  isOld: boolean,
): Promise<void> {
  const tables = models.filter(({ published, stored }) => published && stored === 'incremental')
  let isScattered = false
  for (const { relation } of isOld ? tables : []) {
    isScattered ||= (await extraGroups(database, relation)) > MOST_EXTRA
  }
  if (!isScattered) await database.run('set max_vacuum_tasks = 0')
  await database.run(`checkpoint ${PUBLISHED_CATALOG}`)
}

async function extraGroups(database: Database, relation: string): Promise<number> {
  const [found] = await database.rows(
    `select count(distinct row_group_id)::int - ceil((select count(*) from ${relation}) / ${GROUP_ROWS})::int as extra from pragma_storage_info(${literal(relation)})`,
  )
  return Number(found?.['extra'])
}
