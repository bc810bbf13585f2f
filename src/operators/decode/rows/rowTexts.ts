import { startOfMade, type RowStore } from '../../../core/rows/rowStore.ts'
import type { OpenBatch } from './openBatch.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const ZERO = 0x30

/**
 * The place of the quote that ends the string at `bytes[at]`; -1 where an escape, a control character or the
 * end of the record comes first.
 */
function closingQuote(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  // Four bytes at a time, as long as none of them is a quote, a backslash or a control character.
  for (const whole = end - 4; at <= whole; at += 4) {
    const four = view.getInt32(at, true)
    const quotes = four ^ 0x22222222
    const slashes = four ^ 0x5c5c5c5c
    const found =
      ((quotes - 0x01010101) & ~quotes) |
      ((slashes - 0x01010101) & ~slashes) |
      ((four - 0x20202020) & ~four)
    if ((found & 0x80808080) !== 0) break
  }
  for (; at < end; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte === BACKSLASH || byte < SPACE) return -1
  }
  return -1
}

/** What a backslash and this character stand for. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  ...[QUOTE, BACKSLASH, 0x2f].map((same): [number, number] => [same, same]),
  ...(['b\b', 'f\f', 'n\n', 'r\r', 't\t'] as const).map((pair): [number, number] => [
    pair.charCodeAt(0),
    pair.charCodeAt(1),
  ]),
])
const UNICODE = 'u'.charCodeAt(0)

/**
 * Reads the string whose content begins at `at`: in `batch.start` and `batch.length` is then where it is.
 *
 * @returns the place behind its closing quote; -1 where it is broken or has half of a surrogate pair
 */
export function readText(store: RowStore, batch: OpenBatch, at: number, end: number): number {
  const quote = closingQuote(store.bytes, batch.view, at, end)
  if (quote === -1) return unescape(store, batch, at, end)
  batch.start = at
  batch.length = quote - at
  return quote + 1
}

/** The same for a string with escapes in it: it is written into the store's `extra` without them. */
function unescape(store: RowStore, batch: OpenBatch, at: number, end: number): number {
  const { bytes } = store
  // No escape stands for more bytes than it is written with.
  store.reserveExtra(end - at)
  const { extra } = store
  const from = store.extraLength
  let to = from
  while (at < end) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      batch.start = startOfMade(from)
      batch.length = to - from
      store.extraLength = to
      return at + 1
    }
    if (byte < SPACE) return -1
    if (byte !== BACKSLASH) {
      extra[to++] = byte
      at++
      continue
    }
    const plain = ESCAPES.get(bytes[at + 1]!)
    if (plain !== undefined) {
      extra[to++] = plain
      at += 2
      continue
    }
    if (bytes[at + 1] !== UNICODE) return -1
    let code = hexAt(bytes, at + 2)
    at += 6
    if (code >= 0xd800 && code < 0xe000) {
      const low = bytes[at] === BACKSLASH && bytes[at + 1] === UNICODE ? hexAt(bytes, at + 2) : -1
      if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000) return -1
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      at += 6
    }
    if (code < 0 || at > end) return -1
    to = writeCodePoint(extra, to, code)
  }
  return -1
}

/** The number that four hexadecimal digits are, -1 where they are none. */
function hexAt(bytes: Uint8Array, at: number): number {
  let code = 0
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]
    if (byte === undefined) return -1
    const lower = byte | 0x20
    const isDigit = byte >= ZERO && byte <= ZERO + 9
    if (!isDigit && (lower < 0x61 || lower > 0x66)) return -1
    code = code * 16 + (isDigit ? byte - ZERO : lower - 0x57)
  }
  return code
}

function writeCodePoint(into: Uint8Array, at: number, code: number): number {
  if (code < 0x80) into[at++] = code
  else {
    if (code < 0x800) into[at++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x10000) into[at++] = 0xe0 | (code >> 12)
      else {
        into[at++] = 0xf0 | (code >> 18)
        into[at++] = 0x80 | ((code >> 12) & 63)
      }
      into[at++] = 0x80 | ((code >> 6) & 63)
    }
    into[at++] = 0x80 | (code & 63)
  }
  return at
}

/** Writes `<source>:<offset>` into the store's `extra`; in `batch.start` and `batch.length` is then where. */
export function writePosition(store: RowStore, batch: OpenBatch): void {
  const { prefix, offset } = batch
  store.reserveExtra(prefix.length + 20)
  const { extra, extraLength } = store
  extra.set(prefix, extraLength)
  let digits = 1
  for (let power = 10; power <= offset; power *= 10) digits++
  const to = extraLength + prefix.length + digits
  let rest = offset
  for (let at = to - 1; at >= to - digits; at--) {
    const tenth = Math.floor(rest / 10)
    extra[at] = ZERO + (rest - tenth * 10)
    rest = tenth
  }
  batch.start = startOfMade(extraLength)
  batch.length = to - extraLength
  store.extraLength = to
}
