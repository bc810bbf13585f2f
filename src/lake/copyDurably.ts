import { crc32 } from 'node:zlib'

import type { DiskFile, DiskIo } from './diskIo.ts'
import { pageAligned } from './directFile.ts'
import { fileChecksum } from './fileChecksum.ts'
import { syncsOf } from './syncsOf.ts'

const PIECE_BYTES = 2 << 20
/** So much waits for the disk at most before it is asked to begin. */
const SYNC_BYTES = 64 * PIECE_BYTES

/**
 * Copies a file to where none is, and says of it what `fileChecksum` would: it is read once for both. The copy is
 * durable; most of it is written to the disk while the rest is copied, past the page cache where the file system has
 * a way: who copies hundreds of megabytes would have the kernel find as much memory, which takes longer than the disk. What one that fails leaves is the caller's to remove.
 */
export async function copyDurably(
  disk: DiskIo,
  from: string,
  to: string,
): Promise<{ readonly bytes: number; readonly checksum: number }> {
  if (await disk.cloneFile(from, to)) {
    const [sums] = await Promise.all([fileChecksum(disk, from), disk.syncFile(to)])
    return sums
  }
  const source = await disk.open(from, 'read')
  try {
    const target = await disk.open(to, 'create direct')
    try {
      return await pour(source, target)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** A piece is read while the one before is written and digested. */
async function pour(source: DiskFile, target: DiskFile) {
  const syncing = syncBehind(target)
  let [next, spare] = [pageAligned(PIECE_BYTES), pageAligned(PIECE_BYTES)]
  let piece = next.subarray(0, 0)
  let bytes = 0
  let checksum = 0
  for (;;) {
    const both = Promise.all([
      source.read(next, bytes),
      piece.length === 0 ? undefined : target.write(piece),
    ])
    checksum = crc32(piece, checksum)
    const [got] = await both
    syncing.written(piece.length)
    piece = next.subarray(0, got)
    if (got === 0) break
    bytes += got
    ;[next, spare] = [spare, next]
  }
  await syncing.end()
  return { bytes, checksum }
}

/** Syncs a file now and then while it grows, and at its end. */
function syncBehind(file: DiskFile) {
  const syncs = syncsOf(() => file.sync())
  let waiting = 0
  return {
    written(bytes: number): void {
      waiting += bytes
      if (waiting >= SYNC_BYTES && syncs.begin()) waiting = 0
    },
    async end(): Promise<void> {
      await syncs.end()
      await file.sync()
    },
  }
}
