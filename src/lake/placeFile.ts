import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Puts a copy of one file in the place of another, in one step: who has the old one open keeps it. It is a
 * clone where the file system has clones. Rejects with `ENOENT` where there is nothing to copy.
 */
export async function placeFile(source: string, target: string): Promise<void> {
  const wanted = await stat(source)
  const present = await stat(target).catch(() => undefined)
  // The copy carries its original's time: the same length and time is the same version.
  const writtenMs = Math.round(wanted.mtimeMs)
  if (present?.size === wanted.size && Math.round(present.mtimeMs) === writtenMs) return
  await mkdir(dirname(target), { recursive: true })
  const aside = `${target}.${randomUUID()}.tmp`
  try {
    await copyFile(source, aside, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    const file = await open(aside, 'r+')
    await file.sync()
    await file.close()
    await utimes(aside, writtenMs / 1000, writtenMs / 1000)
    // The log of someone who opened the old file for writing would be taken for the new one's.
    await rm(`${target}.wal`, { force: true })
    await rename(aside, target)
  } finally {
    await rm(aside, { force: true })
  }
  const folder = await open(dirname(target), 'r')
  await folder.sync()
  await folder.close()
}
