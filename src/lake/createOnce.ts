import { SinkError } from '../core/errors.ts'
import type { ObjectStore } from './objectStore.ts'

/** An object is sent so often while no answer says whether it is there. */
const SENDS = 3

/**
 * Creates an object unless another one has its key, and finds out where an answer was lost: a repeat inside
 * the client meets its own first try.
 *
 * @returns false where the key holds other bytes
 * @throws SinkError what the store says, where no try was answered
 */
export async function createOnce(
  store: ObjectStore,
  key: string,
  bytes: Uint8Array,
): Promise<boolean> {
  for (let sent = 1; ; sent++) {
    try {
      return (await store.create(key, bytes)) === 'created' || (await isWritten(store, key, bytes))
    } catch (error) {
      if (!(error instanceof SinkError && error.retryable) || sent === SENDS) throw error
      if (await isWritten(store, key, bytes)) return true
    }
  }
}

/** Whether the object is this one, whoever or whatever refused it. */
async function isWritten(store: ObjectStore, key: string, bytes: Uint8Array): Promise<boolean> {
  const there = await store.read(key)
  return there !== undefined && Buffer.compare(there, bytes) === 0
}
