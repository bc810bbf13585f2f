import type { Clock } from '../../core/clock.ts'
import type { FileClaims } from '../../core/upkeep.ts'
import { parseDataFileName, type DataFileName } from '../dataFileName.ts'
import type { ObjectInfo, ObjectStore } from '../objectStore.ts'
import { checkWritable } from './checkProtocol.ts'
import { UNNAMED_MS } from './compactTable.ts'
import type { DeltaLog } from './deltaLog.ts'
import { configuredMs, FILE_RETENTION, FILE_RETENTION_MS } from './retention.ts'
import type { Snapshot } from './snapshot.ts'

export interface VacuumOptions {
  readonly store: ObjectStore
  readonly log: DeltaLog
  readonly clock: Pick<Clock, 'now'>
  /** @defaultValue what the table says, else 7 days, ms */
  readonly retentionMs?: number | undefined
  readonly dryRun?: boolean | undefined
  claims(): Promise<FileClaims>
  breathe?(): Promise<void>
}

export interface Vacuumed {
  /** Keys of the files that were deleted, or would be, relative to the lake. */
  readonly deleted: readonly string[]
  readonly bytes: number
  /** Files that stay though the table does not hold them: too young, or of an attempt that may live. */
  readonly kept: number
}

/** Nothing that an attempt wrote so long ago can still be committed by it: as in the commit protocol. */
const FENCE_MS = 7 * 86_400_000
const AT_ONCE = 16
/** A build of models writes one file a table. */
const BUILD = /^part-(.+)-(\d+)-(\d+-[^-/]+)\.parquet$/

/**
 * Deletes the files in a table's folder that the table does not hold any more, or never did. It lists the
 * files first, then reads the checkpoints of every task, then the log, so what becomes part of the table
 * meanwhile is seen by one of them. These stay: whatever is younger than the retention (since it was removed
 * from the table, else since it was written), the files of every task's newest checkpoint, and those of
 * attempts of which no checkpoint says that they are over.
 *
 * @throws ConfigError SBX_DELTA_PROTOCOL; CheckpointError SBX_DELTA_LOG_DAMAGED
 */
export async function vacuumTable(options: VacuumOptions): Promise<Vacuumed> {
  const { store, log, clock, dryRun = false, breathe } = options
  const listed = await listFiles(store, log.path)
  // Only to ask checkpoints about fewer files: what the table held once was committed.
  const early = await log.snapshot()
  if (early.metadata === undefined) return { deleted: [], bytes: 0, kept: 0 }
  checkWritable(log.path, early, [])
  const nowMs = clock.now()
  const retentionMs =
    options.retentionMs ?? configuredMs(early.metadata, FILE_RETENTION, FILE_RETENTION_MS)
  const claims = await options.claims()
  const unneeded: ObjectInfo[] = []
  let kept = 0
  for (const file of listed) {
    await breathe?.()
    const path = file.key.slice(log.path.length + 1)
    if (early.files.has(path)) continue
    const isFree =
      isOld(early, path, file, nowMs - retentionMs) &&
      !claims.isNamed(file.key) &&
      (early.tombstones.has(path) || (await isAbandoned(claims, file, nowMs)))
    if (isFree) unneeded.push(file)
    else kept++
  }
  const late = await log.snapshot()
  checkWritable(log.path, late, [])
  const gone = unneeded.filter((file) => {
    const path = file.key.slice(log.path.length + 1)
    return !late.files.has(path) && isOld(late, path, file, nowMs - retentionMs)
  })
  kept += unneeded.filter((file) => !gone.includes(file)).length
  for (let at = 0; at < gone.length && !dryRun; at += AT_ONCE) {
    await breathe?.()
    await Promise.all(gone.slice(at, at + AT_ONCE).map(({ key }) => store.remove(key)))
  }
  const bytes = gone.reduce((sum, file) => sum + file.bytes, 0)
  return { deleted: gone.map(({ key }) => key), bytes, kept }
}

/** Data files; what begins with `_` or `.` is others' own, the log among it. */
async function listFiles(store: ObjectStore, path: string): Promise<readonly ObjectInfo[]> {
  const files: ObjectInfo[] = []
  const prefix = `${path}/`
  for await (const file of store.list(prefix)) {
    const isHidden = file.key
      .slice(prefix.length)
      .split('/')
      // A partition column may begin with `_`.
      .some((part) => /^[_.]/.test(part) && !part.includes('='))
    if (!isHidden) files.push(file)
  }
  return files
}

/** Since it was removed from the table, where that is known. */
function isOld(
  { tombstones }: Snapshot,
  path: string,
  { modifiedMs }: ObjectInfo,
  beforeMs: number,
): boolean {
  return Math.max(modifiedMs, tombstones.get(path)?.deletionTimestamp ?? 0) <= beforeMs
}

/** Whether a file that was never part of the table can't become part of it any more. */
async function isAbandoned(
  claims: FileClaims,
  { key, modifiedMs }: ObjectInfo,
  nowMs: number,
): Promise<boolean> {
  const ageMs = nowMs - modifiedMs
  if (ageMs >= FENCE_MS) return true
  const name = parseDataFileName(key) ?? parseBuildName(key)
  if (name === undefined) return ageMs >= UNNAMED_MS
  return claims.isDecided(name.task, name.epoch, name.attempt)
}

function parseBuildName(key: string): DataFileName | undefined {
  const match = BUILD.exec(key.slice(key.lastIndexOf('/') + 1))
  if (match === null) return undefined
  const [, task = '', epoch = '', attempt = ''] = match
  return { task: decodeURIComponent(task), epoch: Number(epoch), attempt }
}
