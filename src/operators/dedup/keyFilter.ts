import type { Segment } from './fingerprintTable.ts'

/** Says of most keys that are not among some others that they are not. */
export interface KeyFilter {
  /** False: the key at `keys[at .. at + 3]` is none of them. True: most likely it is one. */
  mayHave(keys: Int32Array, at: number): boolean
  readonly bytes: number
}

const BITS_A_KEY = 12
/** Of 512 bits, a line of the cache. */
const BLOCK_WORDS = 16
const BIT = 511
const BITS = 9
/** Of the last word, those that say the segment are the same for all keys of it. */
const SEGMENT_BITS = 6
const TWO_32 = 2 ** 32

/**
 * A Bloom filter of the keys of a segment, 12 bits a key: one key in a hundred that is not there passes. Keys are
 * fingerprints, so their own bits are as good as any hash of them. All bits of a key lie in one block.
 */
export function keyFilter({ slots, used }: Segment, width: number): KeyFilter {
  const blocks = Math.max(1, Math.ceil((used * BITS_A_KEY) / (BLOCK_WORDS * 32)))
  const words = new Int32Array(blocks * BLOCK_WORDS)
  const blockOf = (b: number): number => Math.floor(((b >>> 0) / TWO_32) * blocks) * BLOCK_WORDS
  const set = (block: number, bits: number): void => {
    words[block + ((bits & BIT) >>> 5)]! |= 1 << (bits & 31)
  }
  const isSet = (block: number, bits: number): boolean =>
    (words[block + ((bits & BIT) >>> 5)]! & (1 << (bits & 31))) !== 0

  const { words: keys, count } = slots
  for (let slot = 0, at = 0; slot < count; slot++, at += width) {
    if (keys[at] === 0) continue
    const c = keys[at + 2]!
    const d = keys[at + 3]! >>> SEGMENT_BITS
    const block = blockOf(keys[at + 1]!)
    set(block, c)
    set(block, c >>> BITS)
    set(block, c >>> (2 * BITS))
    set(block, d)
    set(block, d >>> BITS)
  }
  return {
    mayHave(key, at) {
      const c = key[at + 2]!
      const d = key[at + 3]! >>> SEGMENT_BITS
      const block = blockOf(key[at + 1]!)
      return (
        isSet(block, c) &&
        isSet(block, c >>> BITS) &&
        isSet(block, c >>> (2 * BITS)) &&
        isSet(block, d) &&
        isSet(block, d >>> BITS)
      )
    },
    bytes: words.byteLength,
  }
}
