// The same as `src/core/fingerprint.ts`, which says what it is: of texts that lie in rows.
import { inRow, place } from './place'

const C1: u32 = 0x239b961b
const C2: u32 = 0xab0e9789
const C3: u32 = 0x38b34ae5
const C4: u32 = 0xa1e38b93

/**
 * Writes the fingerprints of the texts of some rows, 16 bytes each.
 *
 * @returns how many it wrote: all, or those before a text that is not ASCII
 */
export function fingerprints(
  rows: usize,
  from: usize,
  count: usize,
  slot: usize,
  to: usize,
): usize {
  for (let i = from; i < count; i++) {
    const pair = inRow(place.texts, place.textSlots, rows + i * 4, slot)
    if (!fingerprint(load<u32>(pair), load<u32>(pair, 4), to + i * 16)) return i
  }
  return count
}

/** False where a character is not ASCII: then it is no unit of UTF-16 by itself. */
function fingerprint(at: usize, length: usize, to: usize): bool {
  let h1: u32 = 0
  let h2: u32 = 0
  let h3: u32 = 0
  let h4: u32 = 0
  const end = at + length
  for (; at + 8 <= end; at += 8) {
    if (load<u64>(at) & 0x8080_8080_8080_8080) return false
    h1 ^= lane(pairAt(at), C1, 15, C2)
    h1 = (rotl<u32>(h1, 19) + h2) * 5 + 0x561ccd1b
    h2 ^= lane(pairAt(at + 2), C2, 16, C3)
    h2 = (rotl<u32>(h2, 17) + h3) * 5 + 0x0bcaa747
    h3 ^= lane(pairAt(at + 4), C3, 17, C4)
    h3 = (rotl<u32>(h3, 15) + h4) * 5 + 0x96cd1c35
    h4 ^= lane(pairAt(at + 6), C4, 18, C1)
    h4 = (rotl<u32>(h4, 13) + h1) * 5 + 0x32ac3b17
  }
  const rest = end - at
  if (rest > 0) {
    // What is behind the end is zero.
    const tail = load<u64>(at) & (u64.MAX_VALUE >> (64 - ((<u64>rest) << 3)))
    if (tail & 0x8080_8080_8080_8080) return false
    if (rest > 6) h4 ^= lane(pairOf(<u32>(tail >> 48)), C4, 18, C1)
    if (rest > 4) h3 ^= lane(pairOf(<u32>(tail >> 32)), C3, 17, C4)
    if (rest > 2) h2 ^= lane(pairOf(<u32>(tail >> 16)), C2, 16, C3)
    h1 ^= lane(pairOf(<u32>tail), C1, 15, C2)
  }
  const bytes = <u32>length * 2
  h1 ^= bytes
  h2 ^= bytes
  h3 ^= bytes
  h4 ^= bytes
  h1 += h2 + h3 + h4
  h2 += h1
  h3 += h1
  h4 += h1
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 += h2 + h3 + h4
  h2 += h1
  h3 += h1
  h4 += h1
  store<u32>(to, h1 == 0 ? 1 : h1)
  store<u32>(to, h2, 4)
  store<u32>(to, h3, 8)
  store<u32>(to, h4, 12)
  return true
}

/** Two characters as units of UTF-16. */
function pairAt(at: usize): u32 {
  return pairOf(load<u16>(at))
}

function pairOf(two: u32): u32 {
  return (two & 0xff) | ((two & 0xff00) << 8)
}

function lane(word: u32, first: u32, shift: u32, second: u32): u32 {
  return rotl<u32>(word * first, shift) * second
}

function finish(hash: u32): u32 {
  hash = (hash ^ (hash >>> 16)) * 0x85ebca6b
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35
  return hash ^ (hash >>> 16)
}
