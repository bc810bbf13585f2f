import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

import type { DiskFile, DiskIo } from './diskIo.ts'
import type { DurableFolders } from './durableFolders.ts'
import type { ObjectWriter } from './objectStore.ts'

/**
 * Streams into a new file, which is opened at the first byte. The first failure sticks: every later
 * call rejects with it.
 */
export function localWriter(
  disk: DiskIo,
  path: string,
  folders: DurableFolders,
  sync: (folder: string) => Promise<void>,
): ObjectWriter {
  let opening: Promise<DiskFile> | undefined
  let isFinished = false
  let tail: Promise<unknown> = Promise.resolve()
  let bytes = 0
  let checksum = 0

  const open = (): Promise<DiskFile> =>
    (opening ??= folders.within(dirname(path), () => disk.open(path, 'create')))

  const inOrder = <T>(step: () => Promise<T>): Promise<T> => {
    const done = tail.then(step)
    tail = done
    return done
  }

  return {
    write: (piece) =>
      inOrder(async () => {
        const file = await open()
        await file.write(piece)
        checksum = crc32(piece, checksum)
        bytes += piece.byteLength
      }),
    close: () =>
      inOrder(async () => {
        const file = await open()
        await file.sync()
        await file.close()
        await sync(dirname(path))
        isFinished = true
        return { bytes, checksum }
      }),
    abort: async () => {
      await tail.catch(() => {})
      tail = Promise.reject(new Error(`writing ${path} was given up`))
      tail.catch(() => {})
      const file = await opening?.catch(() => undefined)
      if (file === undefined || isFinished) return
      await file.close().catch(() => {})
      await disk.unlink(path).catch(() => {})
    },
  }
}
