import { randomUUID } from 'node:crypto'
import { link, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'

/** A file that appears under its name when it is complete. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>
  /** Syncs it and gives it its name; where another process was faster, that one's file stays. */
  finish(): Promise<void>
  /** Removes what isn't finished. */
  discard(): Promise<void>
}

const PART = /\.(\d+)-[-0-9a-f]+\.part$/

/** @param path - where it appears; until then it is `.<name>.<pid>-<random>.part` beside */
export async function newFile(path: string): Promise<NewFile> {
  const part = partOf(path)
  const file = await open(part, 'w')
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length;) {
        at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
      }
    },
    async finish() {
      await file.sync()
      try {
        await link(part, path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      await rm(part)
      await syncFolder(dirname(path))
    },
    async discard() {
      await file.close()
      await rm(part, { force: true })
    },
  }
}

/** Writes a small file in one go, over what is there. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = partOf(path)
  try {
    await writeFile(part, text, { flush: true })
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

const partOf = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID()}.part`)

/** Removes the unfinished files of processes that are gone. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(PART.exec(name)?.[1] ?? NaN)
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
