import { ConfigError } from '../../core/errors.ts'
import type { ObjectStore } from '../objectStore.ts'
import type { Action } from './actions.ts'
import { decodeLogCheckpoint } from './decodeLogCheckpoint.ts'
import { logDamage } from './logDamage.ts'
import { readEntry } from './readEntry.ts'
import { entryKey, logFolder, parseLogKey } from './logKeys.ts'
import { advanceSnapshot, NO_TABLE, type Snapshot } from './snapshot.ts'

const READ_AT_ONCE = 16
const RESTORE = 'Restore that file from a copy of the lake'

interface Listed {
  readonly newest: number
  /** Newest complete checkpoint: its version and the keys of its parts. */
  readonly checkpoint: { readonly version: number; readonly keys: readonly string[] } | undefined
}

/**
 * Reads a table from its newest log checkpoint, or the first entry, and every entry after that.
 *
 * @param upTo the version to read @defaultValue the newest
 * @throws CheckpointError SBX_DELTA_LOG_DAMAGED, naming the file
 */
export async function loadSnapshot(
  store: ObjectStore,
  path: string,
  upTo = Infinity,
): Promise<Snapshot> {
  const { newest, checkpoint } = await listLog(store, path, upTo)
  if (newest < 0) return NO_TABLE
  const base = checkpoint?.version ?? -1
  const actions: Action[] = []
  for (const key of checkpoint?.keys ?? []) actions.push(...(await readCheckpoint(store, key)))
  for (let from = base + 1; from <= newest; from += READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, newest + 1 - from)
    const read = await Promise.all(
      Array.from({ length: count }, (_, i) => readEntry(store, path, from + i)),
    )
    read.forEach((one, i) => {
      if (one === undefined) throw gap(path, from + i, newest)
      actions.push(...one)
    })
  }
  const snapshot = { ...advanceSnapshot(NO_TABLE, newest, actions), checkpoint: base }
  if (snapshot.protocol !== undefined && snapshot.metadata !== undefined) return snapshot
  const what = snapshot.protocol === undefined ? 'protocol' : 'metaData'
  throw logDamage(entryKey(path, newest), `and all before it name no ${what}`, RESTORE)
}

async function listLog(store: ObjectStore, path: string, upTo: number): Promise<Listed> {
  const checkpoints = new Map<string, string[]>()
  let newest = -1
  let best: Listed['checkpoint']
  for await (const { key } of store.list(logFolder(path))) {
    const file = parseLogKey(key)
    if (file === undefined || file.version > upTo) continue
    newest = Math.max(newest, file.version)
    if (file.kind === 'entry') continue
    const id = `${file.version}/${file.parts}`
    const keys = checkpoints.get(id) ?? []
    keys.push(key)
    checkpoints.set(id, keys)
    if (keys.length === file.parts && file.version > (best?.version ?? -1)) {
      best = { version: file.version, keys }
    }
  }
  return { newest, checkpoint: best }
}

async function readCheckpoint(store: ObjectStore, key: string): Promise<readonly Action[]> {
  const bytes = await store.read(key)
  if (bytes === undefined) throw logDamage(key, 'is gone', 'Run again')
  try {
    return await decodeLogCheckpoint(bytes)
  } catch (cause) {
    // A package that is missing says so itself.
    if (cause instanceof ConfigError) throw cause
    const remedy = `${RESTORE}; where every entry before it is still there, removing it is enough`
    throw logDamage(key, `is damaged: ${String(cause)}`, remedy, cause)
  }
}

const gap = (path: string, version: number, newest: number) =>
  logDamage(entryKey(path, version), `is missing, and entries up to ${newest} follow`, RESTORE)
