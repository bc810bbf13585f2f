import type { Upkeep, UpkeepContext } from '../../core/upkeep.ts'
import type { ObjectStore } from '../objectStore.ts'
import { deltaLog } from './deltaLog.ts'

/** What a running topology folds at a time: some seconds of work, spread over a minute. */
const TARGET_BYTES = 32 << 20
const MIN_FILES = 8
const MAX_FILES = 256
const VACUUM_MS = 3_600_000

/** Keeps a Delta table in shape while it is written: folds small files, and once an hour deletes old ones. */
export async function tableUpkeep(
  store: ObjectStore,
  path: string,
  context: UpkeepContext,
): Promise<Upkeep> {
  const { clock, logger, node } = context
  const log = deltaLog({
    ...{ store, path, clock },
    onCheckpointFailed: (error) =>
      logger.warn('delta_checkpoint_failed', { path, error: String(error) }),
  })
  let vacuumedMs = -Infinity

  const compact = async (): Promise<boolean> => {
    // A run begins sooner without what it may not need for a minute.
    const { compactStep } = await import('./compactTable.ts')
    const bounds = { targetBytes: TARGET_BYTES, minFiles: MIN_FILES, maxFiles: MAX_FILES }
    const done = await compactStep({ ...context, store, log, ...bounds, tiered: true })
    if (done === undefined) return false
    const { files, bytesBefore, bytesAfter, version } = done
    if (version === undefined) logger.info('compaction_given_up', { node, path, files })
    else {
      const bytes = { bytes_before: bytesBefore, bytes_after: bytesAfter }
      logger.info('compacted', { node, path, files, ...bytes, version })
    }
    return true
  }

  const vacuum = async (): Promise<boolean> => {
    if (clock.now() - vacuumedMs < VACUUM_MS) return false
    vacuumedMs = clock.now()
    const [{ vacuumTable }, { cleanLog }] = await Promise.all([
      import('./vacuumTable.ts'),
      import('./cleanLog.ts'),
    ])
    const { deleted, bytes } = await vacuumTable({ ...context, store, log })
    const entries = await cleanLog(store, log, clock)
    if (deleted.length + entries === 0) return false
    logger.info('vacuumed', { node, path, files: deleted.length, bytes, entries })
    return true
  }

  return {
    async finish() {},
    step: async () => (await compact()) || (await vacuum()),
  }
}
