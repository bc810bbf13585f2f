import { createReadStream } from 'node:fs'
import type { CopyAhead, ObjectStore } from '../../lake/objectStore.ts'

const CHUNK_BYTES = 1024 * 1024

/** Makes a local file an object, for good: durable when it resolves. Where the lake is a folder, it is moved there. `copy`: of the same file, for putting it in place. */
export async function uploadFile(
  store: ObjectStore,
  key: string,
  path: string,
  task: string,
  copy?: CopyAhead,
): Promise<{ readonly bytes: number; readonly checksum: number }> {
  if (store.localPath(key) !== undefined) {
    const staged = await store.stageFile(task, key, path, { isGiven: true, copy })
    await store.publish(staged)
    return { bytes: staged.bytes, checksum: staged.checksum }
  }
  const writer = store.openWriter(key)
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      await writer.write(chunk as Uint8Array)
    }
    return await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}
