import { CheckpointError } from '../../core/errors.ts'
import type { PreparedFile, Publisher, PublisherContext } from '../../core/unit.ts'
import { discardStaged } from '../../lake/discardStaged.ts'
import type { ObjectStore, StagedObject } from '../../lake/objectStore.ts'
import { parseRawKey } from './rawName.ts'
import { restageRaw } from './rawRestage.ts'

const AT_ONCE = 8

/** Publishes raw files one by one: each is whole by itself. */
export function rawPublisher(
  store: ObjectStore,
  path: string,
  { node }: PublisherContext,
): Publisher {
  return {
    publish: async ({ files, epoch, task }) => {
      for (let at = 0; at < files.length; at += AT_ONCE) {
        const some = files.slice(at, at + AT_ONCE)
        const answers = await Promise.all(
          some.map((file) => store.publish(stagedOf(file, `epoch ${epoch} of ${task}`, node))),
        )
        const missing = some[answers.indexOf('missing')]
        if (missing !== undefined) return { missing: missing.key, again: true }
      }
      return {}
    },

    restage: (commit, reread) => restageRaw(store, commit, reread),

    discard: async (files) => {
      for (const file of files) await store.discard(stagedOf(file, 'a lost epoch', node))
    },

    clean: (task, isDead) =>
      discardStaged(
        store,
        task,
        (key) => (key.startsWith(`${path}/`) ? parseRawKey(key) : undefined),
        isDead,
      ),
  }
}

function stagedOf(file: PreparedFile, where: string, node: string): StagedObject {
  const { key, bytes, checksum, staged } = file
  if (staged !== undefined) return { key, bytes, checksum, staged }
  throw new CheckpointError(
    `the checkpoint of ${where} does not say where ${key} waits: it is damaged, or was written by ` +
      'another kind of sink under this name',
    { code: 'SBX_RAW_CHECKPOINT', node },
  )
}
