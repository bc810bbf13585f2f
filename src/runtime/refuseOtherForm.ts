import { CheckpointError } from '../core/errors.ts'
import { atATime } from '../core/atATime.ts'
import { hasRead, type Checkpoint } from './checkpoint.ts'
import { checkpointStore } from './checkpointStore.ts'
import type { Shared } from './shared.ts'

/** A source is read by one task as a whole, or by one task a partition. */
export type TaskForm = 'whole' | 'partitions'

/** The task of one partition of a source. */
export const partitionTask = (source: string, partition: number): string => `${source}-${partition}`

/** How many checkpoints are read at a time. */
const READS = 8
/** So many partitions are looked for where nobody says how many there are. */
const PROBED = 16

/**
 * A node that was a folder may be a topic now: its tasks have other names then, and no checkpoint of theirs
 * says so. Refuses to go on where what was read last was read in the other form.
 *
 * @throws CheckpointError `SBX_SOURCE_CHANGED`
 */
export async function refuseOtherForm(
  shared: Shared,
  source: string,
  form: TaskForm,
): Promise<void> {
  const { options } = shared
  if ([...options.acceptSource, ...options.dropState].includes(source)) return
  const whole = await newest(shared, source)
  const parts = latestOf(await tasksOf(shared, source), source)
  const [own, other] = form === 'whole' ? [whole, parts] : [parts, whole]
  if (other === undefined || !hasRead(other)) return
  if (own !== undefined && own.savedAtMs >= other.savedAtMs) return
  const kinds = { whole: 'as a whole', partitions: 'by partitions' }
  const before = form === 'whole' ? 'partitions' : 'whole'
  throw new CheckpointError(
    `it was read ${kinds[before]} before (epoch ${other.epoch} of ${other.task}, source ${JSON.stringify(other.identity.source)}) and is to be read ${kinds[form]} now: neither positions nor the memory of stateful nodes carry over, so that records which come by both ways would be kept twice. Go back to the former source, use another lake, or accept the new one with --accept-source ${source}`,
    { code: 'SBX_SOURCE_CHANGED', node: source },
  )
}

/** The newest checkpoints of all tasks that this source ever had, whatever it was. */
export async function tasksOf(
  shared: Shared,
  source: string,
  partitions = 0,
): Promise<readonly Checkpoint[]> {
  const whole = await newest(shared, source)
  const found = whole === undefined ? [] : [whole]
  // Some may have no checkpoint yet, the first ones too: any of the others says how many there were.
  let known = Math.max(partitions, PROBED)
  for (let from = 0; from < known;) {
    const numbers = Array.from({ length: known - from }, (_, index) => from + index)
    const tasks = numbers.map((partition) => partitionTask(source, partition))
    from = known
    for (const checkpoint of await atATime(READS, tasks, (task) => newest(shared, source, task))) {
      if (checkpoint === undefined) continue
      found.push(checkpoint)
      known = Math.max(known, Number(checkpoint.identity.source['partitions'] ?? 0))
    }
  }
  return found
}

function latestOf(tasks: readonly Checkpoint[], source: string): Checkpoint | undefined {
  let latest: Checkpoint | undefined
  for (const checkpoint of tasks) {
    if (checkpoint.task === source) continue
    // One that has read says more than a claim.
    const isBetter =
      latest === undefined ||
      Number(hasRead(checkpoint)) > Number(hasRead(latest)) ||
      (hasRead(checkpoint) === hasRead(latest) && checkpoint.savedAtMs > latest.savedAtMs)
    if (isBetter) latest = checkpoint
  }
  return latest
}

/** Another source may be called like a partition of this one. */
async function newest(
  { store, topology, lineage }: Shared,
  source: string,
  task = source,
): Promise<Checkpoint | undefined> {
  const found = await checkpointStore(store, topology.name, lineage, task).newest()
  return found?.identity.source['node'] === source ? found : undefined
}
