import { CheckpointError } from '../core/errors.ts'
import { hasRead, type Checkpoint } from './checkpoint.ts'
import { checkpointStore } from './checkpointStore.ts'
import type { Shared } from './shared.ts'

/** A source is read by one task as a whole, or by one task a partition. */
export type TaskForm = 'whole' | 'partitions'

/** The task of one partition of a source. */
export const partitionTask = (source: string, partition: number): string => `${source}-${partition}`

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
  const parts = await newestOfPartitions(shared, source)
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
  for (let partition = 0; ; partition++) {
    const checkpoint = await newest(shared, source, partitionTask(source, partition))
    if (checkpoint !== undefined) found.push(checkpoint)
    else if (partition >= partitions) return found
  }
}

async function newestOfPartitions(shared: Shared, source: string): Promise<Checkpoint | undefined> {
  let latest: Checkpoint | undefined
  for (const checkpoint of await tasksOf(shared, source)) {
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
