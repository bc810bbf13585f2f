import type { ObjectStore } from './objectStore.ts'

/** Whether there is such an object; lists its folder where the store can't say so at once. */
export async function objectExists(store: ObjectStore, key: string): Promise<boolean> {
  if (store.has !== undefined) return store.has(key)
  for await (const found of store.list(key.slice(0, key.lastIndexOf('/') + 1))) {
    if (found.key === key) return true
  }
  return false
}
