import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'
import type { DurableFolders } from './durableFolders.ts'
import type { TempCopy, TempFiles } from './localTemp.ts'

export interface PlaceTools {
  readonly disk: DiskIo
  readonly temp: TempFiles
  readonly folders: DurableFolders
  sync(folder: string): Promise<void>
  /** A copy of the source that was made before. @defaultValue it is made now */
  readonly ready?: TempCopy | undefined
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
  let left = ready
  try {
    const wanted = await disk.stat(source)
    const present = await disk.stat(target).catch(() => undefined)
    if (!isCopyOf(wanted, present)) {
      const made = await disk.stat(ready?.path ?? '').catch(() => undefined)
      if (!isCopyOf(wanted, made)) {
        if (left !== undefined) await temp.remove(left.path)
        left = await temp.copy(source)
      }
      // The log of someone who opened the old file for writing would be taken for the new one's.
      await disk.unlink(`${target}.wal`).catch((error: unknown) => {
        if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
      })
      const { path } = left!
      await folders.within(dirname(target), () => disk.rename(path, target))
      left = undefined
    }
  } finally {
    if (left !== undefined) await temp.remove(left.path)
  }
  // Also where it was there: whoever renamed it may have been killed right after.
  await sync(dirname(target))
}

/** A copy carries its original's time: the same length and time is the same version. */
const isCopyOf = (original: Stats, copy: Stats | undefined): boolean =>
  copy?.size === original.size && Math.round(copy.mtimeMs) === Math.round(original.mtimeMs)
