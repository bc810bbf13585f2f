import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import { copyDurably } from './copyDurably.ts'
import type { DiskIo } from './diskIo.ts'
import type { DurableFolders } from './durableFolders.ts'
import { isGone, processName } from './processName.ts'

const OLD_AFTER_MS = 86_400_000
const RANDOM = /-[0-9a-f]{16}$/

export interface TempCopy {
  readonly path: string
  readonly bytes: number
  /** CRC-32. */
  readonly checksum: number
}

export interface TempFiles {
  /** A new file with these bytes, synced; resolves with its path. */
  write(bytes: Uint8Array): Promise<string>
  /** A copy of a file, synced, with its original's time. */
  copy(from: string): Promise<TempCopy>
  /** A second name for a file that is to be replaced; undefined where there is none, or it can't have one. */
  hold(path: string): Promise<string | undefined>
  /** Best effort: what stays is removed by a later process. */
  remove(path: string): Promise<void>
}

/**
 * Files that get their real name when they are whole. `<process>-<random>` says whose they are, so
 * that the first use by a process removes those of dead ones.
 */
export function tempFiles(disk: DiskIo, folder: string, folders: DurableFolders): TempFiles {
  let cleaned: Promise<void> | undefined

  const remove = (path: string): Promise<void> => disk.unlink(path).catch(() => {})

  const newPath = (): string => join(folder, `${processName}-${randomBytes(8).toString('hex')}`)
  const clean = (): Promise<void> => (cleaned ??= removeDead(disk, folder, remove))

  return {
    write: async (bytes) => {
      const path = newPath()
      const file = await folders.within(folder, () => disk.open(path, 'create'))
      await clean()
      try {
        await file.write(bytes)
        await file.sync()
      } catch (error) {
        await file.close().catch(() => {})
        await remove(path)
        throw error
      }
      await file.close()
      return path
    },

    copy: async (from) => {
      const path = newPath()
      const { mtimeMs } = await disk.stat(from)
      await clean()
      try {
        const sums = await folders.within(folder, () => copyDurably(disk, from, path))
        await disk.setTime(path, Math.round(mtimeMs))
        return { path, ...sums }
      } catch (error) {
        await remove(path)
        throw error
      }
    },

    hold: async (from) => {
      const path = newPath()
      const held = folders.within(folder, () => disk.link(from, path))
      return held.then(
        () => path,
        () => undefined,
      )
    },

    remove,
  }
}

async function removeDead(
  disk: DiskIo,
  folder: string,
  remove: (path: string) => Promise<void>,
): Promise<void> {
  for (const { name } of await disk.readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const stat = await disk.stat(path).catch(() => undefined)
    if (stat === undefined) continue
    const ageMs = Date.now() - stat.ctimeMs
    if (isGone(name.replace(RANDOM, '')) || ageMs > OLD_AFTER_MS) await remove(path)
  }
}
