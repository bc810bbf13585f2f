import type { TempCopy, TempFiles } from './localTemp.ts'

/** Copies that were made while there was time, of files that will be put in place. */
export interface ReadyCopies {
  /** Copies a file that will be known by another path. */
  make(from: string, path: string): Promise<TempCopy>
  /** A copy of what is known by this path, for whoever asks first. */
  take(path: string): TempCopy | undefined
  /** Removes what nobody will ask for any more. */
  forget(path: string): Promise<void>
}

/** One at a time: of what is put in place there is only one that is newest. */
export function readyCopies(temp: TempFiles): ReadyCopies {
  let kept: { readonly path: string; readonly copy: TempCopy } | undefined
  const take = (path: string): TempCopy | undefined => {
    if (kept?.path !== path) return undefined
    const { copy } = kept
    kept = undefined
    return copy
  }
  const forget = async (path: string): Promise<void> => {
    const copy = take(path)
    if (copy !== undefined) await temp.remove(copy.path)
  }
  return {
    make: async (from, path) => {
      const copy = await temp.copy(from)
      if (kept !== undefined) await forget(kept.path)
      kept = { path, copy }
      return copy
    },
    take,
    forget,
  }
}
