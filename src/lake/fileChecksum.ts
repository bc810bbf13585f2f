import { crc32 } from 'node:zlib'

import type { DiskIo } from './diskIo.ts'

const PIECE_BYTES = 1 << 20

/** Length and CRC-32 of a file, read in pieces of 1 MiB. */
export async function fileChecksum(
  disk: DiskIo,
  path: string,
): Promise<{ readonly bytes: number; readonly checksum: number }> {
  const file = await disk.open(path, 'read')
  try {
    const piece = new Uint8Array(PIECE_BYTES)
    let bytes = 0
    let checksum = 0
    for (;;) {
      const got = await file.read(piece, bytes)
      if (got === 0) return { bytes, checksum }
      checksum = crc32(piece.subarray(0, got), checksum)
      bytes += got
    }
  } finally {
    await file.close()
  }
}
