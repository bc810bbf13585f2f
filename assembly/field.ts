import { EXTRA_FULL, last, place, REFUSED } from './place'
import { endMade, QUOTE } from './text'

export const COMMA: u32 = 0x2c

/**
 * Reads the field of a CSV record that begins at `at`: the same as `src/operators/decode/csvFields.ts`.
 *
 * @returns the place behind it, of a comma or the record's end if it is well; REFUSED where its quote is not closed
 */
export function readField(at: usize, end: usize): usize {
  if (at < end && load<u8>(at) == QUOTE) return readQuoted(at + 1, end)
  const comma = indexOf(COMMA, at, end)
  last.start = at
  last.length = comma - at
  return comma
}

function readQuoted(at: usize, end: usize): usize {
  const quote = indexOf(QUOTE, at, end)
  if (quote == end) return REFUSED
  if (isDoubled(quote, end)) return unescape(at, end)
  last.start = at
  last.length = quote - at
  return quote + 1
}

/** The same for a field with quotes in it: it is written behind the texts that were made before. */
function unescape(at: usize, end: usize): usize {
  if (place.extra + (end - at) > place.extraEnd) return EXTRA_FULL
  let to = place.extra
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at)
    if (byte == QUOTE) {
      if (!isDoubled(at, end)) {
        endMade(to)
        return at + 1
      }
      at++
    }
    store<u8>(to++, byte)
  }
  return REFUSED
}

function isDoubled(quote: usize, end: usize): bool {
  return quote + 1 < end && load<u8>(quote + 1) == QUOTE
}

/** The place of the first such byte, `end` where there is none. Looks at 16 bytes at once. */
function indexOf(byte: u32, at: usize, end: usize): usize {
  const wanted = i8x16.splat(<i8>byte)
  for (; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), wanted))
    if (found != 0) return min(at + ctz(found), end)
  }
  return end
}
