import { dirname } from 'node:path'
import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'
import type { DurableFolders } from './durableFolders.ts'
import type { TempFiles } from './localTemp.ts'
import type { CopyAhead } from './objectStore.ts'
import { isCopyOf } from './readyCopies.ts'

export interface PlaceTools {
  readonly disk: DiskIo
  readonly temp: TempFiles
  readonly folders: DurableFolders
  sync(folder: string): Promise<void>
  /** A copy of the source that was made before. @defaultValue it is made now */
  readonly ready?: CopyAhead | undefined
}

/**
 * Puts a copy of one file in the place of another, in one step: who has the old one open keeps it. It is a
 * clone where the file system has clones. Rejects with `ENOENT` where there is nothing to copy.
 */
export async function placeFile(
  { disk, temp, folders, sync, ready }: PlaceTools,
  source: string,
  target: string,
): Promise<void> {
  let left = ready?.path
  let old: string | undefined
  try {
    const wanted = await disk.stat(source)
    const present = await disk.stat(target).catch(() => undefined)
    if (!isCopyOf(wanted, present)) {
      const made = await disk.stat(ready?.path ?? '').catch(() => undefined)
      if (!isCopyOf(wanted, made)) {
        await ready?.discard()
        left = (await temp.copy(source)).path
      }
      // The log of someone who opened the old file for writing would be taken for the new one's.
      await disk.unlink(`${target}.wal`).catch((error: unknown) => {
        if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
      })
      const copy = left!
      old = await temp.hold(target)
      await folders.within(dirname(target), () => disk.rename(copy, target))
      left = undefined
    }
  } finally {
    if (left !== undefined) {
      await temp.remove(left)
      if (old !== undefined) await temp.remove(old)
    }
  }
  // Also where it was there: whoever renamed it may have been killed right after.
  await sync(dirname(target))
  // To give back what a large file took takes longer than all else here, and nobody waits for that.
  if (old !== undefined) void temp.remove(old)
}
