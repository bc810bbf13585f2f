import { constants, crc32, zstdCompressSync } from 'node:zlib'
import { encodeThrift, thrift } from './thrift.ts'

/** A data page, ready to be written. */
export interface Page {
  /** Header and body. */
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  /** What it would be without compression. */
  readonly rawBytes: number
}

const DATA_PAGE = 0
const PLAIN = 0
const RLE = 3
/** Measured on posts: 3 takes a fifth longer for 4 % less. */
const LEVEL = 1
/** What zstd adds at most, with room to spare. */
const OVERHEAD = 1024

/**
 * Makes a data page (version 1, which every reader knows), compressed by zstd and with a checksum.
 *
 * @param body repetition levels, definition levels, values; copied
 * @param values how many, nulls and empty lists included
 */
export function dataPage(body: readonly Uint8Array[], values: number): Page {
  const raw = body.length === 1 ? body[0]! : Buffer.concat(body)
  const bytes = compress(raw)
  const { i32, struct } = thrift
  const header = encodeThrift(
    struct({
      1: i32(DATA_PAGE),
      2: i32(raw.length),
      3: i32(bytes.length),
      4: i32(crc32(bytes) | 0),
      5: struct({ 1: i32(values), 2: i32(PLAIN), 3: i32(RLE), 4: i32(RLE) }),
    }),
  )
  return {
    parts: [header, bytes],
    bytes: header.length + bytes.length,
    rawBytes: header.length + raw.length,
  }
}

function compress(raw: Uint8Array): Uint8Array {
  const chunkSize = raw.length + OVERHEAD
  const bytes = zstdCompressSync(raw, {
    chunkSize,
    pledgedSrcSize: raw.length,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  })
  // zlib hands out a view of a buffer as large as its input; pages are kept until the file is written.
  return bytes.buffer.byteLength > bytes.length * 2 ? Uint8Array.from(bytes) : bytes
}
