import { PUBLISHED_CATALOG } from '../project/layout.ts'
import type { Database } from '../../lake/openDatabase.ts'

/** One version of so many folds what those before it have left. */
const FOLDS_EVERY = 24

/**
 * Writes all of the database to its file, which is whole from then on.
 *
 * Rows that are added get a row group of their own, and those that are replaced leave holes. To fold these takes longer
 * than all else that a refresh writes: one refresh of 24 does it. A file that is written anew has few.
 *
 * @param base the version that the file was of; undefined where it is new
 */
export async function finishFile(database: Database, base: number | undefined): Promise<void> {
  const isFolded = base !== undefined && base % FOLDS_EVERY === 0
  if (!isFolded) await database.run('set max_vacuum_tasks = 0')
  await database.run(`checkpoint ${PUBLISHED_CATALOG}`)
}
