// Writes what rows have in one slot one behind the other, as Parquet's plain encoding has it.
import { behindItems, firstItem, inRow, MOST_SAFE, place, rowsEnd } from './place'

/** The first and the last by their bytes of the texts that were gathered last: where they are. */
export let leastAt: usize = 0
export let leastLength: usize = 0
export let mostAt: usize = 0
export let mostLength: usize = 0
let leastHead: u64 = 0
let mostHead: u64 = 0

/** How many bytes `gatherTexts` writes. */
export function sizeOfTexts(rows: usize, count: usize, slot: usize): usize {
  let size = count * 4
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    size += load<u32>(inRow(place.texts, place.textSlots, row, slot), 4)
  }
  return size
}

/** Writes the texts of some rows, each behind its length. */
export function gatherTexts(rows: usize, count: usize, slot: usize, to: usize): void {
  let isFirst = true
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    to = gather(inRow(place.texts, place.textSlots, row, slot), to, isFirst)
    isFirst = false
  }
}

/** How many bytes `gatherLists` writes. */
export function sizeOfLists(rows: usize, count: usize, slot: usize): usize {
  let size: usize = 0
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    const list = inRow(place.lists, place.listSlots, row, slot)
    for (let item = firstItem(list); item < behindItems(list); item += 8) {
      size += 4 + <usize>load<u32>(item, 4)
    }
  }
  return size
}

/** Writes the items of the lists of some rows, each behind its length. */
export function gatherLists(rows: usize, count: usize, slot: usize, to: usize): void {
  let isFirst = true
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    const list = inRow(place.lists, place.listSlots, row, slot)
    for (let item = firstItem(list); item < behindItems(list); item += 8) {
      to = gather(item, to, isFirst)
      isFirst = false
    }
  }
}

/** The least and the most of the integers that were gathered last. */
export let leastInt: f64 = 0
export let mostInt: f64 = 0

/** Writes the numbers of some rows as 64-bit integers; false where one is no safe integer. */
export function gatherInt64(rows: usize, count: usize, slot: usize, to: usize): bool {
  leastInt = Infinity
  mostInt = -Infinity
  for (let row = rows; row < rowsEnd(rows, count); row += 4, to += 8) {
    const value = load<f64>(inRow(place.numbers, place.numberSlots, row, slot))
    if (!(Math.abs(value) <= MOST_SAFE) || Math.trunc(value) != value) return false
    leastInt = min(leastInt, value)
    mostInt = max(mostInt, value)
    store<i64>(to, <i64>value)
  }
  return true
}

/** Writes the text that this pair is the start and the length of; the place behind it. */
function gather(pair: usize, to: usize, isFirst: bool): usize {
  const from: usize = load<u32>(pair)
  const length: usize = load<u32>(pair, 4)
  store<u32>(to, <u32>length)
  to += 4
  // What is written behind the text is overwritten by what follows.
  for (let i: usize = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i))
  const head = headOf(from, length)
  if (isFirst || isBelow(from, length, head)) {
    leastAt = from
    leastLength = length
    leastHead = head
  }
  if (isFirst || isAbove(from, length, head)) {
    mostAt = from
    mostLength = length
    mostHead = head
  }
  return to + length
}

function isBelow(at: usize, length: usize, head: u64): bool {
  return head != leastHead ? head < leastHead : compare(at, length, leastAt, leastLength) < 0
}

function isAbove(at: usize, length: usize, head: u64): bool {
  return head != mostHead ? head > mostHead : compare(at, length, mostAt, mostLength) > 0
}

/** The first eight bytes, which tell most texts apart; zeros stand behind the end. */
function headOf(at: usize, length: usize): u64 {
  const head = bswap(load<u64>(at))
  if (length >= 8) return head
  return length == 0 ? 0 : head & ~(u64.MAX_VALUE >> (<u64>length * 8))
}

function compare(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const difference = memory.compare(a, b, min(aLength, bLength))
  return difference != 0 ? difference : <i32>aLength - <i32>bLength
}
