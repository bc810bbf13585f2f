import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import type { DiskFile } from './diskIo.ts'

/** What memory and disks are cut into: whole ones, from where one begins, can go from one to the other. */
const PAGE_BYTES = 4096

/** What systems say that have other pages, want memory that begins elsewhere, or can't do it after all. */
const NOT_SO = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']

/** New memory that begins at a page, as that of plain typed arrays does not. */
export const pageAligned = (bytes: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }))

/** As much of a file handle as is needed to write whole pages. */
export interface PageFile {
  write(
    pages: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
  close(): Promise<void>
}

/**
 * A file that is written past the page cache, so that a large one needs no memory of the kernel's and is on the disk
 * when it ends: whole pages of page-aligned memory are, all else is appended as usual. Where the system or the file system
 * has no such thing (`O_DIRECT`), everything is.
 *
 * @param appended the file itself, new and empty, opened for appending
 * @param open the same file past the page cache; undefined where there is no such thing
 */
export async function directFile(
  path: string,
  appended: DiskFile,
  open: (path: string) => Promise<PageFile | undefined> = openDirect,
): Promise<DiskFile> {
  let direct = await open(path)
  let length = 0
  const leave = async (): Promise<void> => {
    const handle = direct
    direct = undefined
    await handle?.close()
  }
  /** How much of them it has written. */
  const writeDirectly = async (pages: Uint8Array): Promise<number> => {
    if (direct === undefined || pages.length === 0) return 0
    try {
      const { bytesWritten } = await direct.write(pages, 0, pages.length, length)
      return bytesWritten
    } catch (error) {
      if (!NOT_SO.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      await leave()
      return 0
    }
  }
  return {
    ...appended,
    write: async (bytes) => {
      const whole = length % PAGE_BYTES === 0 ? bytes.length - (bytes.length % PAGE_BYTES) : 0
      const done = await writeDirectly(bytes.subarray(0, whole))
      if (done < bytes.length) await appended.write(bytes.subarray(done))
      length += bytes.length
    },
    close: () => leave().finally(() => appended.close()),
  }
}

/** Undefined where there is none: of a file that has just been made, nothing else can be wrong. */
async function openDirect(path: string): Promise<PageFile | undefined> {
  // Not on every system.
  const flag = (constants as Partial<typeof constants>).O_DIRECT
  if (flag === undefined) return undefined
  return fs.open(path, constants.O_WRONLY | flag).catch(() => undefined)
}
