import { dirname } from 'node:path'
import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'
import type { DurableFolders } from './durableFolders.ts'
import type { TempFiles } from './localTemp.ts'

export interface PlaceTools {
  readonly disk: DiskIo
  readonly temp: TempFiles
  readonly folders: DurableFolders
  sync(folder: string): Promise<void>
}

/**
 * Puts a copy of one file in the place of another, in one step: who has the old one open keeps it. It is a
 * clone where the file system has clones. Rejects with `ENOENT` where there is nothing to copy.
 */
export async function placeFile(
  { disk, temp, folders, sync }: PlaceTools,
  source: string,
  target: string,
): Promise<void> {
  const wanted = await disk.stat(source)
  const present = await disk.stat(target).catch(() => undefined)
  // The copy carries its original's time: the same length and time is the same version.
  const isThere =
    present?.size === wanted.size && Math.round(present.mtimeMs) === Math.round(wanted.mtimeMs)
  if (!isThere) {
    const copy = await temp.copy(source)
    try {
      // The log of someone who opened the old file for writing would be taken for the new one's.
      await disk.unlink(`${target}.wal`).catch((error: unknown) => {
        if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
      })
      await folders.within(dirname(target), () => disk.rename(copy, target))
    } catch (error) {
      await temp.remove(copy)
      throw error
    }
  }
  // Also where it was there: whoever renamed it may have been killed right after.
  await sync(dirname(target))
}
