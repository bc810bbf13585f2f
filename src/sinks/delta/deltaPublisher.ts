import type { Column } from '../../core/columns.ts'
import type { PreparedFile, Publisher, PublisherContext, SinkCommit } from '../../core/unit.ts'
import { parseDataFileName } from '../../lake/dataFileName.ts'
import { deltaLog } from '../../lake/delta/deltaLog.ts'
import { discardStaged } from '../../lake/discardStaged.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { refuseForeignTxn, refuseLostTxn } from './deltaTxn.ts'
import { checkTable, foldCommits, type Verdict } from './foldCommits.ts'

export interface DeltaPublisherOptions {
  readonly store: ObjectStore
  readonly path: string
  readonly columns: readonly Column[]
  readonly partitionBy: readonly string[]
  readonly context: PublisherContext
}

interface Waiting {
  readonly commit: SinkCommit
  resolve(verdict: { readonly missing?: string }): void
  reject(error: unknown): void
}

/**
 * The one committer of a table in this process: what comes while an entry is written goes into the next.
 * Reads the table's log at once, so one that is damaged or of another shape stops a run before it begins.
 */
export async function openDeltaPublisher(options: DeltaPublisherOptions): Promise<Publisher> {
  const { store, path, context } = options
  const log = deltaLog({
    store,
    path,
    clock: context.clock,
    onCheckpointFailed: (error) =>
      context.logger.warn('delta_checkpoint_failed', { path, error: String(error) }),
  })
  checkTable(options, await log.snapshot())
  const queue: Waiting[] = []
  let isWorking = false

  const work = async (): Promise<void> => {
    isWorking = true
    while (queue.length > 0) {
      const batch = queue.splice(0)
      try {
        const verdicts = await foldCommits(
          options,
          log,
          batch.map(({ commit }) => commit),
        )
        batch.forEach((one, index) => settle(one, verdicts[index]!))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isWorking = false
  }

  return {
    async publish(commit) {
      // An epoch without rows for this table leaves no entry.
      if (commit.files.length === 0) return {}
      return new Promise((resolve, reject) => {
        queue.push({ commit, resolve, reject })
        if (!isWorking) void work()
      })
    },

    async discard(files: readonly PreparedFile[]) {
      await Promise.all(files.map(({ key }) => store.remove(key)))
    },

    async clean(task, isDead) {
      const { files } = await log.snapshot()
      const prefix = `${path}/`
      // A large file that a killed process was sending waits as an upload.
      const nameOf = (key: string) => (key.startsWith(prefix) ? parseDataFileName(key) : undefined)
      let removed = await discardStaged(store, task, nameOf, isDead)
      for await (const { key } of store.list(prefix)) {
        const name = parseDataFileName(key)
        if (name?.task !== task || !isDead(name.epoch, name.attempt)) continue
        // What the table names is not dead, whatever was said.
        if (files.has(key.slice(prefix.length))) continue
        await store.remove(key)
        removed++
      }
      return removed
    },

    async refuseForeign(lineage, task) {
      refuseForeignTxn(path, await log.snapshot(), { ...context, lineage, task })
    },

    async refuseLost(lineage, task, epoch) {
      refuseLostTxn(path, await log.snapshot(), { ...context, lineage, task }, epoch)
    },
  }
}

function settle({ resolve, reject }: Waiting, verdict: Verdict): void {
  if (verdict instanceof Error) reject(verdict)
  else resolve(verdict)
}
