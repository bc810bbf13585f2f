import { createReadStream } from 'node:fs'
import type { ObjectStore } from '../../lake/objectStore.ts'

const CHUNK_BYTES = 1024 * 1024

/** Makes a local file an object, for good: durable when it resolves. Where the lake is a folder, it is moved there. `willSwap`: it will be put in place. */
export async function uploadFile(
  store: ObjectStore,
  key: string,
  path: string,
  task: string,
  willSwap = false,
): Promise<{ readonly bytes: number; readonly checksum: number }> {
  if (store.localPath(key) !== undefined) {
    const staged = await store.stageFile(task, key, path, { isGiven: true, willSwap })
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
