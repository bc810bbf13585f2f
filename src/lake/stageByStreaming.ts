import { realDisk } from './diskIo.ts'
import type { DiskIo } from './diskIo.ts'
import type { StagedObject, StagedWriter } from './objectStore.ts'

const PIECE_BYTES = 1 << 20

/** Stages a local file through a writer, in pieces of 1 MiB: for stores that can't clone it. */
export async function stageByStreaming(
  writer: StagedWriter,
  path: string,
  disk: DiskIo = realDisk,
): Promise<StagedObject> {
  try {
    const file = await disk.open(path, 'read')
    try {
      const piece = new Uint8Array(PIECE_BYTES)
      for (let at = 0; ;) {
        const got = await file.read(piece, at)
        if (got === 0) break
        await writer.write(piece.subarray(0, got))
        at += got
      }
    } finally {
      await file.close()
    }
    return await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}
