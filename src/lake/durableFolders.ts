import { dirname } from 'node:path'

import { codeOf } from './diskError.ts'
import type { DiskIo } from './diskIo.ts'

const REMEMBERED = 4096

export interface DurableFolders {
  /** Runs `action`, which makes a name in `folder`, once the folder is there and survives a power cut. */
  within<T>(folder: string, action: () => Promise<T>): Promise<T>
}

/** Makes folders below `root` as they are needed, each with its name synced in its parent. */
export function durableFolders(
  disk: DiskIo,
  root: string,
  sync: (folder: string) => Promise<void>,
): DurableFolders {
  const ready = new Map<string, Promise<void>>()

  const make = async (folder: string): Promise<void> => {
    if (folder === root) {
      await disk.mkdir(root)
      // The folder above belongs to someone else and may not even be readable.
      await sync(dirname(root)).catch(() => {})
      return
    }
    await ensure(dirname(folder))
    await disk.mkdir(folder)
    await sync(dirname(folder))
  }

  const ensure = (folder: string): Promise<void> => {
    const known = ready.get(folder)
    if (known !== undefined) return known
    if (ready.size >= REMEMBERED) ready.clear()
    const made = make(folder)
    ready.set(folder, made)
    made.catch(() => ready.delete(folder))
    return made
  }

  return {
    within: async (folder, action) => {
      await ensure(folder)
      try {
        return await action()
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
        // Someone removed the folder since it was made.
        ready.clear()
        await ensure(folder)
        return action()
      }
    },
  }
}
