import type { Clock } from '../../core/clock.ts'
import { createOnce } from '../createOnce.ts'
import type { ObjectStore } from '../objectStore.ts'
import { encodeActions, type Action } from './actions.ts'
import { checkReadable, checkWritable } from './checkProtocol.ts'
import { encodeLogCheckpoint } from './encodeLogCheckpoint.ts'
import { loadSnapshot } from './loadSnapshot.ts'
import { entryKey, lastCheckpointKey, checkpointKey } from './logKeys.ts'
import { readEntry } from './readEntry.ts'
import { advanceSnapshot, type Snapshot } from './snapshot.ts'

/** A Delta table's log: what the table consists of, and the only way to change it. */
export interface DeltaLog {
  /** The table's folder in the lake. */
  readonly path: string
  /** The table as it is now: reads what came since the last call. `version` is −1 where there is no table. */
  snapshot(): Promise<Snapshot>
  /**
   * Adds one entry. `build` is given the newest snapshot and returns the actions of the entry, none if there
   * is nothing to do; where another writer was faster, it is asked again with the newest one.
   *
   * @returns the table after the entry, or as it is if there was nothing to do
   */
  commit(build: CommitBuilder): Promise<Snapshot>
  /** The actions of one entry; undefined where it is not there (any more). */
  entry(version: number): Promise<readonly Action[] | undefined>
}

export type CommitBuilder = (snapshot: Snapshot) => readonly Action[] | Promise<readonly Action[]>

export interface DeltaLogOptions {
  readonly store: ObjectStore
  readonly path: string
  readonly clock: Pick<Clock, 'now'>
  /** A log checkpoint is written every so many entries, where the table does not say. @defaultValue 50 */
  readonly checkpointEvery?: number
  /** Told of a log checkpoint that could not be written: the table is whole without it. */
  onCheckpointFailed?(error: unknown): void
}

const CHECKPOINT_EVERY = 50

/**
 * Opens the log of a Delta table (reader version 1, writer version 2), which need not exist.
 *
 * **Delivery** an entry is written create-if-absent; where the outcome is unknown it is read back and
 * compared, so no entry is written twice.
 *
 * @throws CheckpointError SBX_DELTA_LOG_DAMAGED for a log with a gap or an entry that can't be read;
 *   ConfigError SBX_DELTA_PROTOCOL for a table that asks for more than this library keeps
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */
export function deltaLog(options: DeltaLogOptions): DeltaLog {
  const { store, path, clock, onCheckpointFailed } = options
  let known: Snapshot | undefined

  const refresh = async (): Promise<Snapshot> => {
    if (known === undefined || known.version < 0) return loadSnapshot(store, path)
    const actions: Action[] = []
    let version = known.version
    for (;;) {
      const next = await readEntry(store, path, version + 1)
      if (next === undefined) break
      actions.push(...next)
      version++
    }
    if (version > known.version) return advanceSnapshot(known, version, actions)
    // After a long pause the entries that follow may have been cleaned away behind a newer checkpoint.
    const { version: newest = -1 } = await readLastCheckpoint(store, path)
    return newest > version ? loadSnapshot(store, path) : known
  }

  const snapshot = async (): Promise<Snapshot> => {
    known = await refresh()
    checkReadable(path, known)
    return known
  }

  const checkpoint = async (table: Snapshot): Promise<void> => {
    const every = Number(table.metadata?.configuration?.['delta.checkpointInterval'])
    const interval = every > 0 ? every : (options.checkpointEvery ?? CHECKPOINT_EVERY)
    if (table.version === 0 || table.version % interval !== 0) return
    try {
      await writeLogCheckpoint(store, path, table, clock.now())
    } catch (error) {
      onCheckpointFailed?.(error)
    }
  }

  return Object.freeze<DeltaLog>({
    path,
    snapshot,
    entry: (version) => readEntry(store, path, version),
    async commit(build) {
      for (;;) {
        const before = await snapshot()
        const actions = await build(before)
        if (actions.length === 0) return before
        const version = before.version + 1
        const after = advanceSnapshot(before, version, actions)
        checkWritable(path, before, actions)
        checkWritable(path, after, actions)
        if (!(await createOnce(store, entryKey(path, version), encodeActions(actions)))) continue
        known = after
        await checkpoint(after)
        return after
      }
    },
  })
}

/**
 * Writes a log checkpoint of a table's newest version: readers begin with it instead of the first entry.
 *
 * @param nowMs milliseconds since 1970 UTC, by which tombstones expire
 */
async function writeLogCheckpoint(
  store: ObjectStore,
  path: string,
  snapshot: Snapshot,
  nowMs: number,
): Promise<void> {
  const { bytes, actions } = await encodeLogCheckpoint(snapshot, nowMs)
  await store.create(checkpointKey(path, snapshot.version), bytes)
  const { version = -1 } = await readLastCheckpoint(store, path)
  if (version >= snapshot.version) return
  const pointer = { version: snapshot.version, size: actions, sizeInBytes: bytes.length }
  await store.replace(lastCheckpointKey(path), Buffer.from(JSON.stringify(pointer)))
}

/** Only a hint, by the protocol: one that can't be read is none. */
async function readLastCheckpoint(
  store: ObjectStore,
  path: string,
): Promise<{ readonly version?: number }> {
  const bytes = await store.read(lastCheckpointKey(path))
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString()) as { readonly version?: number }
  } catch {
    return {}
  }
}
