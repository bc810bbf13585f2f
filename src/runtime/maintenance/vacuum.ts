import { ConfigError } from '../../core/errors.ts'
import { openLake } from '../../lake/openLake.ts'
import { systemClock } from '../systemClock.ts'
import { refuseMissing } from './compact.ts'

export interface VacuumOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** The table's folder in it, such as `silver/posts`. */
  readonly path: string
  /**
   * How long files stay that the table does not hold any more, ms. Readers of older versions, and those that
   * have just begun, lose what is deleted.
   * @defaultValue what the table says (`delta.deletedFileRetentionDuration`), else 7 days
   */
  readonly retentionMs?: number
  /** Says what would be deleted, and deletes nothing. */
  readonly dryRun?: boolean
  /** The lake of the checkpoints, where that is another one. @defaultValue `lake` */
  readonly checkpoints?: string
}

export interface VacuumResult {
  /** Keys of the files that were deleted, or would be, relative to the lake. */
  readonly deleted: readonly string[]
  readonly bytes: number
  /** Files that the table does not hold and that stay: too young, or of an attempt that may live. */
  readonly kept: number
  /** Entries and checkpoints of the log that were deleted: by `delta.logRetentionDuration`, else 30 days. */
  readonly logFiles: number
}

/**
 * Deletes the files in a Delta table's folder that the table does not hold any more, or never did, and old
 * entries of its log. These stay: what is younger than the retention, the files of every task's newest
 * checkpoint, those of attempts that may live, and for a day what nothing ever named.
 *
 * **State** a listing of the folder, and the table's log.
 *
 * **Delivery** may run at any time beside writers, compaction and itself; killed half way, the rest is left
 * for the next time.
 *
 * @throws ConfigError `SBX_OPTION`, `SBX_NO_TABLE`, `SBX_DELTA_PROTOCOL`; CheckpointError
 *   `SBX_DELTA_LOG_DAMAGED`, `SBX_CHECKPOINT_DAMAGED`
 * @example
 * ```ts
 * const { deleted, bytes } = await vacuum({ lake: './lake', path: 'silver/posts', dryRun: true })
 * console.log(`${deleted.length} files of ${bytes} bytes would go`)
 * ```
 */
export async function vacuum(options: VacuumOptions): Promise<VacuumResult> {
  const { path, retentionMs, dryRun = false } = options
  if (retentionMs !== undefined && !(retentionMs >= 0)) {
    throw new ConfigError(`vacuum: retentionMs must be 0 or more, not ${retentionMs}`, {
      code: 'SBX_OPTION',
    })
  }
  const [{ cleanLog }, { deltaLog }, { vacuumTable }, { readFileClaims }] = await Promise.all([
    import('../../lake/delta/cleanLog.ts'),
    import('../../lake/delta/deltaLog.ts'),
    import('../../lake/delta/vacuumTable.ts'),
    import('./fileClaims.ts'),
  ])
  const store = await openLake(options.lake)
  const checkpoints = await openLake(options.checkpoints ?? options.lake)
  const log = deltaLog({ store, path, clock: systemClock })
  await refuseMissing(log, store.url)
  const claims = () => readFileClaims(checkpoints)
  const vacuumed = await vacuumTable({
    store,
    log,
    clock: systemClock,
    retentionMs,
    dryRun,
    claims,
  })
  const logFiles = dryRun ? 0 : await cleanLog(store, log, systemClock)
  return { ...vacuumed, logFiles }
}
