// Turns the values of a Parquet page into places in a dictionary, for `src/lake/parquet/columnDictionary.ts`. Values are
// texts or bytes, each behind its length, 32 bits, in the page and in the dictionary. Compiled by `npm run build:wasm`.

/** A dictionary has so many bytes at most, and a page. */
export const MOST_DICTIONARY_BYTES: usize = 256 << 10
export const MOST_PAGE_BYTES: usize = 1 << 20

const SLOT_BITS: u32 = 17
const SLOTS: usize = 1 << SLOT_BITS
/** What may be read behind an end. */
const WIDTH: usize = 16
/** Open addressing: the number of a value, from 1. */
const TABLE_AT: usize = 1024
/** Where each value of the dictionary is. */
const ENTRIES_AT: usize = TABLE_AT + SLOTS * 4
export const DICTIONARY_AT: usize = ENTRIES_AT + MOST_DICTIONARY_BYTES
export const PAGE_AT: usize = DICTIONARY_AT + MOST_DICTIONARY_BYTES + WIDTH
/** Of each value of the page its number in the dictionary, from 0: 16 bits. */
const NUMBERS_AT: usize = PAGE_AT + MOST_PAGE_BYTES + WIDTH
export const PACKED_AT: usize = NUMBERS_AT + MOST_PAGE_BYTES / 2 + WIDTH
export const END_AT: usize = PACKED_AT + MOST_PAGE_BYTES / 2 + WIDTH

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f

/** How many values the dictionary has, and bytes. */
export let count: u32 = 0
export let dictionaryBytes: usize = 0

/** Begins with the dictionary that is there. */
export function open(length: usize): void {
  memory.fill(TABLE_AT, 0, SLOTS * 4)
  count = 0
  const end = DICTIONARY_AT + length
  for (let at = DICTIONARY_AT; at < end; at += 4 + load<u32>(at)) {
    let slot = slotOf(at + 4, load<u32>(at))
    while (numberIn(slot) != 0) slot = behind(slot)
    enter(slot, at + 4)
  }
  dictionaryBytes = length
}

/**
 * Finds the values of the page in the dictionary, or adds them.
 *
 * @param length - bytes of the page
 * @returns how many values it has; -1 where the dictionary would have too many bytes
 */
export function encode(length: usize): i32 {
  let to = NUMBERS_AT
  for (let at = PAGE_AT; at < PAGE_AT + length; to += 2) {
    const bytes: usize = load<u32>(at)
    const value = at + 4
    at = value + bytes
    const slot = find(value, bytes)
    let number = numberIn(slot)
    if (number == 0) {
      if (dictionaryBytes + 4 + bytes > MOST_DICTIONARY_BYTES) return -1
      const place = DICTIONARY_AT + dictionaryBytes
      memory.copy(place, value - 4, 4 + bytes)
      dictionaryBytes += 4 + bytes
      enter(slot, place + 4)
      number = count
    }
    store<u16>(to, number - 1)
  }
  return <i32>((to - NUMBERS_AT) >> 1)
}

/**
 * Packs the numbers of the page bit by bit, the lowest first, in groups of eight.
 *
 * @param width - bits of each, 16 at most
 * @returns how many bytes that takes
 */
export function pack(values: usize, width: u32): usize {
  const groups = (values + 7) >> 3
  // The last group is filled up.
  memory.fill(NUMBERS_AT + values * 2, 0, WIDTH)
  let bits: u64 = 0
  let filled: u32 = 0
  let to = PACKED_AT
  for (let at = NUMBERS_AT; at < NUMBERS_AT + groups * 16; at += 2) {
    bits |= (<u64>load<u16>(at)) << filled
    filled += width
    if (filled < 32) continue
    store<u32>(to, <u32>bits)
    to += 4
    bits >>= 32
    filled -= 32
  }
  store<u32>(to, <u32>bits)
  return groups * width
}

/** The slot of a value, or the free one where it belongs. */
function find(value: usize, bytes: usize): usize {
  let slot = slotOf(value, bytes)
  for (let number = numberIn(slot); number != 0; number = numberIn(slot)) {
    const known: usize = load<u32>(ENTRIES_AT + (number - 1) * 4)
    if (load<u32>(known - 4) == <u32>bytes && isSame(known, value, bytes)) break
    slot = behind(slot)
  }
  return slot
}

function numberIn(slot: usize): u32 {
  return load<u32>(TABLE_AT + slot * 4)
}

function behind(slot: usize): usize {
  return (slot + 1) & (SLOTS - 1)
}

/** Makes what is at this place the next value of the dictionary. */
function enter(slot: usize, place: usize): void {
  store<u32>(ENTRIES_AT + count * 4, <u32>place)
  store<u32>(TABLE_AT + slot * 4, ++count)
}

function slotOf(value: usize, bytes: usize): usize {
  const head = bytes < 8 ? lastOf(value, bytes) : load<u64>(value)
  const tail = bytes < 8 ? 0 : load<u64>(value + bytes - 8)
  const hash = (head * PRIME_1) ^ (rotl<u64>(tail, 29) * PRIME_2) ^ (<u64>bytes)
  return <usize>((hash * PRIME_1) >> (64 - SLOT_BITS))
}

function isSame(a: usize, b: usize, bytes: usize): bool {
  for (; bytes >= 8; bytes -= 8, a += 8, b += 8) if (load<u64>(a) != load<u64>(b)) return false
  return lastOf(a, bytes) == lastOf(b, bytes)
}

/** Up to seven bytes. */
function lastOf(at: usize, bytes: usize): u64 {
  return bytes == 0 ? 0 : load<u64>(at) & (u64.MAX_VALUE >> ((8 - bytes) << 3))
}
