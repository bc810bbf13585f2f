import type { ObjectStore } from '../objectStore.ts'
import { parseActions, type Action } from './actions.ts'
import { logDamage } from './logDamage.ts'
import { entryKey } from './logKeys.ts'

/**
 * The actions of one entry of a table's log; undefined where it is not there.
 *
 * @throws CheckpointError SBX_DELTA_LOG_DAMAGED, naming the file
 */
export async function readEntry(
  store: ObjectStore,
  path: string,
  version: number,
): Promise<readonly Action[] | undefined> {
  const key = entryKey(path, version)
  const bytes = await store.read(key)
  if (bytes === undefined) return undefined
  try {
    return parseActions(bytes)
  } catch (cause) {
    const remedy = 'Restore that file from a copy of the lake'
    throw logDamage(key, `is damaged: ${(cause as Error).message}`, remedy, cause)
  }
}
