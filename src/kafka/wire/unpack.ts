import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import { unpackLz4 } from './lz4.ts'
import { unpackSnappy } from './snappy.ts'

/** What a batch may unpack to, bytes: its producer sent no more than the broker takes, packed. */
const MAX_BYTES = 2 ** 30

const gzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)
const zstd = promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress)
const CODECS: Readonly<Record<number, (packed: Buffer) => Buffer | Promise<Buffer>>> = {
  1: (packed) => gzip(packed, { maxOutputLength: MAX_BYTES }),
  2: unpackSnappy,
  3: unpackLz4,
  4: (packed) => zstd(packed, { maxOutputLength: MAX_BYTES }),
}

/**
 * Unpacks the records of a batch by the number of its compression: 1 gzip, 2 Snappy, 3 LZ4, 4 zstd.
 *
 * @throws Error where the bytes are not what they should be, or the number is unknown
 */
export async function unpack(codec: number, packed: Buffer): Promise<Buffer> {
  const unpackOne = CODECS[codec]
  if (unpackOne === undefined) throw new Error(`compression ${codec} is unknown`)
  return unpackOne(packed)
}
