import type { Dirent, Stats } from 'node:fs'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { directFile } from './directFile.ts'

/** A file that is open. */
export interface DiskFile {
  /** Reads at `position` into `into`; resolves with the bytes read, 0 at the end. May read less than fits. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Appends all of `bytes`. */
  write(bytes: Uint8Array): Promise<void>
  /** What was written survives a power cut from here on. */
  sync(): Promise<void>
  stat(): Promise<Stats>
  close(): Promise<void>
}

export type OpenMode = 'read' | 'create' | 'create direct'

/**
 * The file system, one method for each thing that can fail by itself: everything that reads or writes
 * local files takes one, so that tests can make any call fail, tear a write or end the process there.
 * Methods reject with Node's own errors (`ENOENT`, `ENOSPC`, …).
 */
export interface DiskIo {
  /**
   * `read`: must exist. `create`: must not exist, is opened for appending. `create direct`: this too, and page-aligned memory is
   * written past the page cache where that can be.
   */
  open(path: string, mode: OpenMode): Promise<DiskFile>
  readFile(path: string): Promise<Uint8Array>
  /** A second name for a file; `EEXIST` where the name is taken. */
  link(existing: string, path: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>
  /** With its parents; one that exists is fine. */
  mkdir(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  readdir(path: string): Promise<Dirent[]>
  stat(path: string): Promise<Stats>
  lstat(path: string): Promise<Stats>
  realpath(path: string): Promise<string>
  /** Copies inside the kernel, as a clone where the file system can; `to` must not exist. Not synced. */
  copyFile(from: string, to: string): Promise<void>
  /** Makes a clone, which shares the original's blocks; false where the file system has no clones. */
  cloneFile(from: string, to: string): Promise<boolean>
  /** Says when a file was last changed, in ms. */
  setTime(path: string, ms: number): Promise<void>
  /** Makes the names in a folder survive a power cut. */
  syncFolder(path: string): Promise<void>
  /** Makes a file survive that was written by other means (`copyFile`). */
  syncFile(path: string): Promise<void>
}

/** What systems say that can't clone, or not from there to there. */
const NO_CLONES = ['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'EXDEV', 'EINVAL', 'ENOSYS', 'EPERM']

/** The real file system. */
export const realDisk: DiskIo = Object.freeze({
  open: async (path, mode) => {
    const file = diskFile(await fs.open(path, mode === 'read' ? 'r' : 'ax'))
    return mode === 'create direct' ? directFile(path, file) : file
  },
  readFile: (path) => fs.readFile(path),
  link: (existing, path) => fs.link(existing, path),
  unlink: (path) => fs.unlink(path),
  rename: (from, to) => fs.rename(from, to),
  mkdir: (path) => makeFolder(path, true),
  rmdir: (path) => fs.rmdir(path),
  readdir: (path) => fs.readdir(path, { withFileTypes: true }),
  stat: (path) => fs.stat(path),
  lstat: (path) => fs.lstat(path),
  realpath: (path) => fs.realpath(path),
  copyFile: (from, to) =>
    fs.copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL),
  cloneFile: async (from, to) => {
    const mode = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL
    return fs.copyFile(from, to, mode).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (NO_CLONES.includes(error.code ?? '')) return false
        throw error
      },
    )
  },
  setTime: (path, ms) => fs.utimes(path, ms / 1000, ms / 1000),
  syncFolder: syncPath,
  syncFile: syncPath,
} satisfies DiskIo)

function diskFile(handle: fs.FileHandle): DiskFile {
  return {
    read: async (into, position) =>
      (await handle.read(into, 0, into.byteLength, position)).bytesRead,
    write: async (bytes) => {
      for (let done = 0; done < bytes.byteLength;) {
        done += (await handle.write(bytes, done)).bytesWritten
      }
    },
    sync: () => handle.sync(),
    stat: () => handle.stat(),
    close: () => handle.close(),
  }
}

/** Node's own way to make parents says ENOENT for a file system that is read-only. */
async function makeFolder(path: string, withParents: boolean): Promise<void> {
  try {
    await fs.mkdir(path)
  } catch (error) {
    const stat = await fs.stat(path).catch(() => undefined)
    if (stat?.isDirectory() === true) return
    const { code } = error as NodeJS.ErrnoException
    if (!withParents || code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path), true)
    await makeFolder(path, false)
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await fs.open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
