import { EXTRA_FULL, last, place, REFUSED } from './place'

export const QUOTE: u32 = 0x22
const BACKSLASH: u32 = 0x5c
const SPACE: u32 = 0x20
const UNICODE: u32 = 0x75
/** A backslash and a `u`. */
const UNICODE_ESCAPE: u32 = 0x755c

/**
 * The place of the quote that ends the string at `at`; 0 where an escape, a control character or the end of the
 * record comes first. Looks at 16 bytes at once.
 */
export function closingQuote(at: usize, end: usize): usize {
  const quotes = i8x16.splat(<i8>QUOTE)
  const slashes = i8x16.splat(<i8>BACKSLASH)
  const spaces = i8x16.splat(<i8>SPACE)
  for (; at < end; at += 16) {
    const bytes = v128.load(at)
    const marks = v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, slashes))
    const found = i8x16.bitmask(v128.or(marks, i8x16.lt_u(bytes, spaces)))
    if (found == 0) continue
    at += ctz(found)
    return at < end && load<u8>(at) == QUOTE ? at : 0
  }
  return 0
}

/**
 * Reads the string whose content begins at `at`.
 *
 * @returns the place behind its closing quote; REFUSED where it is broken or has half of a surrogate pair
 */
export function readText(at: usize, end: usize): usize {
  const quote = closingQuote(at, end)
  if (quote == 0) return unescape(at, end)
  last.start = at
  last.length = quote - at
  return quote + 1
}

/** The same for a string with escapes in it: it is written behind the texts that were made before. */
function unescape(at: usize, end: usize): usize {
  // No escape stands for more bytes than it is written with.
  if (place.extra + (end - at) > place.extraEnd) return EXTRA_FULL
  let to = place.extra
  while (at < end) {
    const byte: u32 = load<u8>(at)
    if (byte == QUOTE) {
      endMade(to)
      return at + 1
    }
    if (byte < SPACE) return REFUSED
    if (byte != BACKSLASH) {
      store<u8>(to++, byte)
      at++
      continue
    }
    const escape: u32 = load<u8>(at + 1)
    if (escape != UNICODE) {
      const plain = plainOf(escape)
      if (plain == 0) return REFUSED
      store<u8>(to++, plain)
      at += 2
      continue
    }
    let code = hexAt(at + 2)
    at += 6
    if (code >= 0xd800 && code < 0xe000) {
      const low = load<u16>(at) == UNICODE_ESCAPE ? hexAt(at + 2) : -1
      if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000) return REFUSED
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      at += 6
    }
    if (code < 0 || at > end) return REFUSED
    to = writeCodePoint(to, code)
  }
  return REFUSED
}

/** Begins a text that is made of others. */
export function beginJoined(): void {
  last.start = place.extra
  last.length = 0
}

/** Writes more of the text that was begun; false where room is missing. */
export function joinText(from: usize, length: usize): bool {
  if (place.extra + length > place.extraEnd) return false
  memory.copy(place.extra, from, length)
  place.extra += length
  last.length += length
  return true
}

/** The text that was made last ends here. */
export function endMade(to: usize): void {
  last.start = place.extra
  last.length = to - place.extra
  place.extra = to
}

/** What a backslash and this character stand for; 0 where for nothing. */
function plainOf(escape: u32): u32 {
  switch (escape) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return escape
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return 0
  }
}

/** The number that four hexadecimal digits are, -1 where they are none. */
function hexAt(at: usize): i32 {
  let code = 0
  for (let i: usize = 0; i < 4; i++) {
    const byte: u32 = load<u8>(at + i)
    const digit = byte - 0x30
    const letter = (byte | 0x20) - 0x61
    if (digit <= 9) code = code * 16 + digit
    else if (letter <= 5) code = code * 16 + letter + 10
    else return -1
  }
  return code
}

function writeCodePoint(at: usize, code: i32): usize {
  if (code < 0x80) {
    store<u8>(at, code)
    return at + 1
  }
  if (code < 0x800) store<u8>(at++, 0xc0 | (code >> 6))
  else {
    if (code < 0x10000) store<u8>(at++, 0xe0 | (code >> 12))
    else {
      store<u8>(at++, 0xf0 | (code >> 18))
      store<u8>(at++, 0x80 | ((code >> 12) & 63))
    }
    store<u8>(at++, 0x80 | ((code >> 6) & 63))
  }
  store<u8>(at, 0x80 | (code & 63))
  return at + 1
}

/** Writes `<source>:<offset>`; false where room is missing. */
export function writePosition(offset: f64): bool {
  const extra = place.extra
  const prefixLength = place.prefixLength
  if (extra + prefixLength + 20 > place.extraEnd) return false
  memory.copy(extra, place.prefix, prefixLength)
  let rest = <u64>offset
  let to = extra + prefixLength + 1
  for (let tenth = rest / 10; tenth > 0; tenth /= 10) to++
  for (let at = to - 1; at >= extra + prefixLength; at--) {
    const tenth = rest / 10
    store<u8>(at, <u32>(rest - tenth * 10) + 0x30)
    rest = tenth
  }
  endMade(to)
  return true
}
