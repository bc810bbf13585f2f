import { filePath, type Action, type AddFile, type Metadata } from './actions.ts'
import type { Protocol, RemoveFile, Txn } from './actions.ts'

/** A Delta table as it was at one version. */
export interface Snapshot {
  /** −1 where there is no table yet. */
  readonly version: number
  readonly protocol: Protocol | undefined
  readonly metadata: Metadata | undefined
  /** The files of the table, by their decoded paths. */
  readonly files: ReadonlyMap<string, AddFile>
  /** Files that were removed, by their decoded paths: they may still be there for readers of older versions. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>
  /** What each writer has added, by its name. */
  readonly txns: ReadonlyMap<string, Txn>
  /** The version of the log checkpoint that this was read from, −1 without one. */
  readonly checkpoint: number
}

export const NO_TABLE: Snapshot = Object.freeze({
  version: -1,
  protocol: undefined,
  metadata: undefined,
  files: new Map(),
  tombstones: new Map(),
  txns: new Map(),
  checkpoint: -1,
})

/** The snapshot after some more entries of the log; the one given stays as it is. */
export function advanceSnapshot(
  before: Snapshot,
  version: number,
  actions: Iterable<Action>,
): Snapshot {
  let { protocol, metadata } = before
  const files = new Map(before.files)
  const tombstones = new Map(before.tombstones)
  const txns = new Map(before.txns)
  for (const action of actions) {
    if ('add' in action) {
      const path = filePath(action.add.path)
      files.set(path, action.add)
      tombstones.delete(path)
    } else if ('remove' in action) {
      const path = filePath(action.remove.path)
      files.delete(path)
      tombstones.set(path, action.remove)
    } else if ('txn' in action) txns.set(action.txn.appId, action.txn)
    else if ('metaData' in action) metadata = action.metaData
    else if ('protocol' in action) protocol = action.protocol
  }
  return { ...before, version, protocol, metadata, files, tombstones, txns }
}
