import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, open, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SinkError } from '../../core/errors.ts'
import { codeOf, diskError } from '../../lake/diskError.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'

/**
 * Puts a copy of one object in the place of another, in one step: who has the old one open keeps it.
 * On disk it is a clone where the file system has clones; elsewhere the object passes through memory.
 *
 * @throws SinkError `SBX_MODELS_PROMOTE` where the object to copy is gone (retryable: a newer version
 *   has taken its place), `SBX_LAKE_FULL` and the like where it can't be written
 */
export async function putInPlace(store: ObjectStore, from: string, to: string): Promise<void> {
  const source = store.localPath(from)
  const target = store.localPath(to)
  if (source !== undefined && target !== undefined) {
    return placeFile(source, target).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw gone(store, from, error)
      throw diskError('put in place', target, error)
    })
  }
  const bytes = await store.read(from)
  if (bytes === undefined) throw gone(store, from, undefined)
  await store.replace(to, bytes)
}

async function placeFile(source: string, target: string): Promise<void> {
  const wanted = await stat(source)
  const present = await stat(target).catch(() => undefined)
  // The copy carries its original's time: the same length and time is the same version.
  const writtenMs = Math.round(wanted.mtimeMs)
  if (present?.size === wanted.size && Math.round(present.mtimeMs) === writtenMs) return
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

function gone(store: ObjectStore, key: string, cause: unknown): SinkError {
  return new SinkError(`${store.url}/${key} is gone: a newer version has taken its place`, {
    code: 'SBX_MODELS_PROMOTE',
    retryable: true,
    cause,
  })
}
