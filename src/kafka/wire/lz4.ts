import { copyBack } from './snappy.ts'

const MAGIC = 0x184d2204
const HAS_BLOCK_CHECKSUMS = 0x10
const HAS_SIZE = 0x08
const HAS_DICTIONARY = 0x01
const STORED = 0x80000000
const MIN_MATCH = 4

/**
 * Unpacks one LZ4 frame, its blocks linked or not. Checksums are not compared: a batch has its own.
 *
 * @throws Error where the bytes are no LZ4 frame
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unpackLz4(packed: Buffer): Buffer {
  if (packed.length < 7 || packed.readUInt32LE(0) !== MAGIC) throw damaged('its magic is missing')
  const flags = packed.readUInt8(4)
  if ((flags & HAS_DICTIONARY) !== 0) throw damaged('it needs a dictionary')
  const blockBytes = 1 << (8 + 2 * ((packed.readUInt8(5) >>> 4) & 7))
  let at = 6 + ((flags & HAS_SIZE) !== 0 ? 8 : 0) + 1
  let out = Buffer.allocUnsafeSlow(Math.max(blockBytes, packed.length * 3))
  let to = 0
  for (;;) {
    const word = packed.readUInt32LE(at)
    at += 4
    if (word === 0) return out.subarray(0, to)
    const size = word & ~STORED
    if (size < 0 || at + size > packed.length) throw damaged('a block is cut off')
    if (to + blockBytes > out.length) {
      const larger = Buffer.allocUnsafeSlow(out.length * 2 + blockBytes)
      out.copy(larger, 0, 0, to)
      out = larger
    }
    const block = packed.subarray(at, at + size)
    to = (word & STORED) !== 0 ? to + block.copy(out, to) : unpackBlock(block, out, to)
    at += size + ((flags & HAS_BLOCK_CHECKSUMS) !== 0 ? 4 : 0)
  }
}

/** Adds one block to `out`; it may point back into blocks before it. */
function unpackBlock(block: Buffer, out: Buffer, to: number): number {
  let at = 0
  const length = (nibble: number): number => {
    let total = nibble
    if (nibble < 15) return total
    for (;;) {
      const byte = block[at++]
      if (byte === undefined) throw damaged('a length is cut off')
      total += byte
      if (byte < 255) return total
    }
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = length(token >>> 4)
    if (at + literals > block.length || to + literals > out.length) throw damaged('it is too long')
    to += block.copy(out, to, at, at + literals)
    at += literals
    if (at === block.length) break
    const back = block.readUInt16LE(at)
    at += 2
    const size = length(token & 15) + MIN_MATCH
    if (back === 0 || back > to || to + size > out.length)
      throw damaged('it points outside of itself')
    to = copyBack(out, to, back, size)
  }
  return to
}

const damaged = (why: string): Error => new Error(`not LZ4: ${why}`)
