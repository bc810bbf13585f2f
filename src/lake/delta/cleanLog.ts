import type { Clock } from '../../core/clock.ts'
import type { ObjectStore } from '../objectStore.ts'
import { checkWritable } from './checkProtocol.ts'
import type { DeltaLog } from './deltaLog.ts'
import { lastCheckpointKey, logFolder, parseLogKey } from './logKeys.ts'
import { configuredMs, LOG_RETENTION, LOG_RETENTION_MS } from './retention.ts'

interface LogObject {
  readonly key: string
  readonly version: number
  readonly isEntry: boolean
  readonly modifiedMs: number
}

/**
 * Deletes entries and log checkpoints that are older than `delta.logRetentionDuration` (30 days) and that no
 * reader of a version within it needs: all of them lie before a complete log checkpoint that is old enough
 * itself. The table stays as it is; versions before that one can't be read any more.
 *
 * @returns how many were deleted; 0 where `delta.enableExpiredLogCleanup` is false
 */
export async function cleanLog(
  store: ObjectStore,
  log: DeltaLog,
  clock: Pick<Clock, 'now'>,
): Promise<number> {
  const snapshot = await log.snapshot()
  if (snapshot.metadata === undefined) return 0
  checkWritable(log.path, snapshot, [])
  if (snapshot.metadata.configuration?.['delta.enableExpiredLogCleanup'] === 'false') return 0
  const beforeMs = clock.now() - configuredMs(snapshot.metadata, LOG_RETENTION, LOG_RETENTION_MS)
  const { objects, checkpoints } = await listLog(store, log.path)
  // From the first version that must stay readable on, everything does.
  const needed = objects.find(({ isEntry, modifiedMs }) => isEntry && modifiedMs > beforeMs)
  const from = needed?.version ?? snapshot.version
  const base = Math.max(-1, ...checkpoints.filter((version) => version <= from))
  // `_last_checkpoint` is where readers begin: it never points at what is deleted.
  if (base < 0 || (await pointedAt(store, log.path)) < base) return 0
  const expired = objects.filter(
    ({ version, modifiedMs }) => version < base && modifiedMs <= beforeMs,
  )
  // In order, so that whoever stops half way leaves no gap behind an entry.
  for (const { key } of expired) await store.remove(key)
  return expired.length
}

/** Everything in the log's folder by version, and the versions of complete checkpoints. */
async function listLog(store: ObjectStore, path: string) {
  const objects: LogObject[] = []
  const parts = new Map<string, number>()
  const checkpoints: number[] = []
  for await (const { key, modifiedMs } of store.list(logFolder(path))) {
    const file = parseLogKey(key)
    if (file === undefined) continue
    const { version, kind } = file
    objects.push({ key, version, isEntry: kind === 'entry', modifiedMs })
    if (kind === 'entry') continue
    const id = `${version}/${file.parts}`
    parts.set(id, (parts.get(id) ?? 0) + 1)
    if (parts.get(id) === file.parts) checkpoints.push(version)
  }
  return { objects: objects.toSorted((a, b) => a.version - b.version), checkpoints }
}

async function pointedAt(store: ObjectStore, path: string): Promise<number> {
  const bytes = await store.read(lastCheckpointKey(path))
  try {
    const { version } = JSON.parse(Buffer.from(bytes ?? []).toString()) as { version?: unknown }
    return typeof version === 'number' ? version : -1
  } catch {
    return -1
  }
}
