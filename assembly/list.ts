import { lowerCase } from './host'
import { EXTRA_FULL, isPlace, ITEMS_FULL, last, place, REFUSED } from './place'
import { endMade, QUOTE, readText } from './text'

const SPACE: u32 = 0x20
const COMMA: u32 = 0x2c
const CLOSE: u32 = 0x5d
const ASCII: u32 = 0x80
/** Each is compared with all before it: where there is more of that, it is left to others. */
const FEW: usize = 256
const MOST_COMPARED: usize = 1 << 20
/** An item: start and length. */
const ITEM_BYTES: usize = 8
/** A lower case has so many times the bytes at most. */
const LOWER_GROWTH: usize = 3

/**
 * Adds the strings of the array whose content is at `at` to the items.
 *
 * @returns the place behind its closing bracket; REFUSED where it is anything but an array of strings
 */
export function readTexts(at: usize, end: usize): usize {
  if (load<u8>(at) == CLOSE) return at + 1
  while (at < end && load<u8>(at) == QUOTE) {
    at = readText(at + 1, end)
    if (!isPlace(at)) return at
    if (!pushItem()) return ITEMS_FULL
    const behind: u32 = load<u8>(at++)
    if (behind == CLOSE) return at
    if (behind != COMMA) return REFUSED
    if (load<u8>(at) == SPACE) at++
  }
  return REFUSED
}

/** Adds the words of a text that follow a mark; false where room is missing. */
export function addMarked(start: usize, length: usize, mark: u32): bool {
  const end = start + length
  for (let at = start; at < end; at++) {
    if (load<u8>(at) != mark) continue
    let behind = at + 1
    while (behind < end && isWord(load<u8>(behind))) behind++
    last.start = at + 1
    last.length = behind - at - 1
    if (last.length > 0 && !pushItem()) return false
    at = behind - 1
  }
  return true
}

/** Adds the parts of a text between such bytes, but for empty ones; false where room is missing. */
export function addSeparated(start: usize, length: usize, separator: u32): bool {
  const end = start + length
  for (let at = start; at < end; at++) {
    let behind = at
    while (behind < end && load<u8>(behind) != separator) behind++
    last.start = at
    last.length = behind - at
    if (last.length > 0 && !pushItem()) return false
    at = behind
  }
  return true
}

/** A letter, a digit, an underscore. */
function isWord(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x5f
}

/** Adds the text that was read or made last; false where room is missing. */
function pushItem(): bool {
  const at = place.item
  if (at + ITEM_BYTES > place.itemsEnd) return false
  store<u32>(at, <u32>last.start)
  store<u32>(at, <u32>last.length, 4)
  place.item = at + ITEM_BYTES
  return true
}

/**
 * Adds the items from `first` to `end` again, in lower case and without repeats. The others stay where they are.
 *
 * @returns the place behind the last; REFUSED where too many are distinct
 */
export function addDistinctLower(first: usize, end: usize): usize {
  let compared: usize = 0
  for (let one = first; one < end; one += ITEM_BYTES) {
    compared += (place.item - end) / ITEM_BYTES
    if (compared > MOST_COMPARED) return REFUSED
    if (!lower(load<u32>(one), load<u32>(one, 4))) return EXTRA_FULL
    if (isAmong(end)) continue
    if (!pushItem()) return ITEMS_FULL
    if (place.item - end > FEW * ITEM_BYTES) return REFUSED
  }
  return place.item
}

/** Makes a text lower case where it isn't; false where room is missing. */
function lower(start: usize, length: usize): bool {
  last.start = start
  last.length = length
  let isLower = true
  let isAscii = true
  for (let at = start; at < start + length; at++) {
    const byte: u32 = load<u8>(at)
    if (byte >= ASCII) isAscii = false
    else if (isUpper(byte)) isLower = false
  }
  if (isAscii && isLower) return true
  const into = place.extra
  if (into + length * LOWER_GROWTH > place.extraEnd) return false
  if (!isAscii) length = lowerCase(start, length, into)
  else {
    for (let i: usize = 0; i < length; i++) {
      const byte: u32 = load<u8>(start + i)
      store<u8>(into + i, isUpper(byte) ? byte | 0x20 : byte)
    }
  }
  endMade(into + length)
  return true
}

function isUpper(byte: u32): bool {
  return byte - 0x41 < 26
}

/** Whether the text that was read or made last is among the items from `first` on. */
function isAmong(first: usize): bool {
  const start = last.start
  const length = last.length
  for (let item = first; item < place.item; item += ITEM_BYTES) {
    if (load<u32>(item, 4) != <u32>length) continue
    if (memory.compare(load<u32>(item), start, length) == 0) return true
  }
  return false
}
