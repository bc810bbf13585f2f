import type { FileClaims } from '../../core/upkeep.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import { checkpointStore } from '../checkpointStore.ts'
import { claimOf } from '../isDead.ts'

/** The checkpoints of one task of one lineage. */
interface Task {
  readonly folder: string
  readonly topology: string
  readonly lineage: string
  readonly task: string
  /** Ascending. */
  readonly epochs: number[]
}

const KEY = /^(_checkpoints\/([^/]+)\/([^/]+)\/(.+)\/)(\d{12})$/

/**
 * Reads the newest checkpoint of every task of a lake, whatever topology it belongs to. What it says of files
 * that were listed *before* holds from then on: a file becomes visible only after the checkpoint that names
 * it, and checkpoints only grow.
 */
export async function readFileClaims(store: ObjectStore): Promise<FileClaims> {
  const tasks = await listTasks(store)
  const named = new Set<string>()
  for (const { topology, lineage, task } of tasks) {
    const newest = await checkpointStore(store, topology, lineage, task).newest()
    for (const { key } of Object.values(newest?.prepared ?? {}).flat()) named.add(key)
  }
  const asked = new Map<string, Promise<string | undefined>>()
  const attemptAt = (folder: string, epoch: number): Promise<string | undefined> => {
    const key = `${folder}${String(epoch).padStart(12, '0')}`
    const known = asked.get(key) ?? readAttempt(store, key)
    asked.set(key, known)
    return known
  }

  /** `foreign`: another attempt has committed an epoch which this one would have had to commit before. */
  const fate = async (of: Task, epoch: number, attempt: string) => {
    const claim = claimOf(attempt)
    const last = of.epochs.findLast((one) => one <= epoch)
    if (last === undefined || last < claim) return 'open'
    const by = await attemptAt(of.folder, last)
    if (by === attempt) return last === epoch ? 'committed' : 'open'
    return by === undefined || last <= claim ? 'open' : 'foreign'
  }

  return {
    isNamed: (key) => named.has(key),
    async isDecided(task, epoch, attempt) {
      const fates = await Promise.all(
        tasks.filter((one) => one.task === task).map((one) => fate(one, epoch, attempt)),
      )
      // Names of tasks are unique in a topology only: of those that may be meant, all must agree.
      return fates.includes('committed') || (fates.length > 0 && !fates.includes('open'))
    },
  }
}

async function listTasks(store: ObjectStore): Promise<readonly Task[]> {
  const tasks = new Map<string, Task>()
  for await (const { key } of store.list('_checkpoints/')) {
    const [, folder = '', topology = '', lineage = '', task = '', epoch] = KEY.exec(key) ?? []
    if (epoch === undefined) continue
    const known = tasks.get(folder) ?? { folder, topology, lineage, task, epochs: [] }
    known.epochs.push(Number(epoch))
    tasks.set(folder, known)
  }
  return [...tasks.values()]
}

async function readAttempt(store: ObjectStore, key: string): Promise<string | undefined> {
  const bytes = await store.read(key)
  return bytes === undefined ? undefined : parseCheckpoint(bytes, key).attempt
}
