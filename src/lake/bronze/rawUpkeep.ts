import type { Upkeep, UpkeepContext } from '../../core/upkeep.ts'
import type { ObjectStore } from '../objectStore.ts'
import { rawFolds } from './rawFolds.ts'

const TARGET_BYTES = 128 << 20
const CLOSED_MS = 10 * 60_000

/** Folds the raw files of each hour once it is over. */
export function rawUpkeep(store: ObjectStore, path: string, context: UpkeepContext): Upkeep {
  const { logger, node } = context
  const bounds = { targetBytes: TARGET_BYTES, closedMs: CLOSED_MS }
  const folds = rawFolds({ ...context, ...bounds, store, path })
  return {
    finish: folds.finish,
    async step() {
      const folded = await folds.step()
      if (folded === undefined) return false
      logger.info('compacted', { node, path: folded.folder, files: folded.files })
      return true
    },
  }
}
