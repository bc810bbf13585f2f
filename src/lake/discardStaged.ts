import type { ObjectStore } from './objectStore.ts'

/**
 * Ends what still waits under a task's names and can't be published any more: what dead attempts left, and
 * what waits beside an object that is there. A bucket has such beside any object that is sent in parts.
 *
 * @param nameOf says whose a key is; undefined for keys that are none of the caller's
 * @returns how many
 */
export async function discardStaged(
  store: ObjectStore,
  task: string,
  nameOf: (
    key: string,
  ) => { readonly task: string; readonly epoch: number; readonly attempt: string } | undefined,
  isDead: (epoch: number, attempt: string) => boolean,
): Promise<number> {
  let removed = 0
  for await (const object of store.listStaged(task)) {
    const name = nameOf(object.key)
    if (name?.task !== task) continue
    if (!isDead(name.epoch, name.attempt) && !(await store.has(object.key))) continue
    await store.discard(object)
    removed++
  }
  return removed
}
