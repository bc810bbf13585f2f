import type { Stats } from 'node:fs'

import type { DiskIo } from './diskIo.ts'
import type { CopyAhead } from './objectStore.ts'

/** Copies that were made while there was time, of files that will be put in place. */
export interface ReadyCopies {
  /** Keeps a copy for whoever asks by this path. False where it is none of that file as it is now: it is discarded then. */
  keep(path: string, file: string, copy: CopyAhead | undefined): Promise<boolean>
  /** The copy of what is known by this path, for whoever asks first. */
  take(path: string): CopyAhead | undefined
  /** Removes what nobody will ask for any more. */
  forget(path: string): Promise<void>
}

/** One at a time: of what is put in place there is only one that is newest. */
export function readyCopies(disk: DiskIo): ReadyCopies {
  let kept: { readonly path: string; readonly copy: CopyAhead } | undefined
  const take = (path: string): CopyAhead | undefined => {
    if (kept?.path !== path) return undefined
    const { copy } = kept
    kept = undefined
    return copy
  }
  return {
    keep: async (path, file, copy) => {
      if (copy === undefined) return false
      const [original, made] = await Promise.all([disk.stat(file), disk.stat(copy.path)])
      if (!isCopyOf(original, made)) {
        await copy.discard()
        return false
      }
      const old = kept
      kept = { path, copy }
      await old?.copy.discard()
      return true
    },
    take,
    forget: async (path) => take(path)?.discard(),
  }
}

/** A copy carries its original's time: the same length and time is the same version. */
export const isCopyOf = (original: Stats, copy: Stats | undefined): boolean =>
  copy?.size === original.size && Math.round(copy.mtimeMs) === Math.round(original.mtimeMs)
