import { asBuffer } from './decodeText.ts'
import { parseJson } from './parseJson.ts'

/**
 * A place in bytes that hold JSON. What reads from it gives undefined for everything that it can't read for
 * certain, broken or merely unusual: then `JSON.parse` must decide.
 */
export interface JsonScan {
  bytes: Buffer
  view: DataView
  /** The next byte. */
  at: number
  /** Some of the bytes, one character a byte. Short, since a string cut from it keeps all of it alive. */
  window: string
  windowAt: number
}

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const OPEN = 0x5b
const BACKSLASH = 0x5c
const CLOSE = 0x5d
const SPACE = 0x20
const ASCII = 0x80
const WINDOW_BYTES = 16 << 10
/** Integers of so many digits are exact as numbers. */
const SAFE_DIGITS = 15
const LITERALS: ReadonlyMap<number, { readonly text: string; readonly value: unknown }> = new Map(
  [true, false, null].map((value) => [String(value).charCodeAt(0), { text: String(value), value }]),
)

const NOTHING = Buffer.alloc(0)

export const jsonScan = (): JsonScan => ({
  bytes: NOTHING,
  view: viewOf(NOTHING),
  at: 0,
  window: '',
  windowAt: 0,
})

/** Goes to a batch. */
export function openBytes(scan: JsonScan, bytes: Uint8Array): void {
  if (scan.bytes === bytes) return
  scan.bytes = asBuffer(bytes)
  scan.view = viewOf(bytes)
  scan.window = ''
}

/** Goes to a record of a batch. */
export function openRecord(scan: JsonScan, bytes: Uint8Array, start: number, end: number): void {
  openBytes(scan, bytes)
  const { windowAt, window } = scan
  if (start < windowAt || end > windowAt + window.length) {
    scan.windowAt = start
    scan.window = scan.bytes.toString('latin1', start, Math.max(end, start + WINDOW_BYTES))
  }
  scan.at = start
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Lets go of the batch. */
export function closeScan(scan: JsonScan): void {
  Object.assign(scan, jsonScan())
}

/** Whether the scan has come to this end, or only white space is in between. */
export const isAtEnd = (scan: JsonScan, end: number): boolean =>
  scan.at === end || (scan.at < end && skipSpace(scan) === end)

/** Steps over tokens with white space in front of them; false where there are others. */
export const skipTokens = (scan: JsonScan, tokens: readonly Uint8Array[]): boolean =>
  tokens.every((token) => skipToken(scan, token))

function skipToken(scan: JsonScan, token: Uint8Array): boolean {
  const at = skipSpace(scan)
  for (let i = 0; i < token.length; i++) if (scan.bytes[at + i] !== token[i]) return false
  scan.at = at + token.length
  return true
}

function skipSpace(scan: JsonScan): number {
  const { bytes } = scan
  let { at } = scan
  while (bytes[at] === SPACE || bytes[at] === 0x09 || bytes[at] === 0x0d || bytes[at] === 0x0a) at++
  return (scan.at = at)
}

/** The byte behind white space. */
function nextByte(scan: JsonScan): number | undefined {
  const byte = scan.bytes[scan.at]
  return byte === undefined || byte > SPACE ? byte : scan.bytes[skipSpace(scan)]
}

/** Reads a string. */
export function readText(scan: JsonScan): string | undefined {
  const { bytes } = scan
  if (nextByte(scan) !== QUOTE) return undefined
  const start = scan.at + 1
  const { length } = bytes
  let at = start
  let seen = 0
  for (; at < length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) break
    if (byte < SPACE) return undefined
    if (byte === BACKSLASH) return readEscaped(scan, at)
    seen |= byte
  }
  scan.at = at + 1
  if (seen < ASCII) return scan.window.slice(start - scan.windowAt, at - scan.windowAt)
  return wellFormed(bytes.toString('utf8', start, at))
}

/** Reads a string with escapes in it, the first of them at `at`. */
function readEscaped(scan: JsonScan, at: number): string | undefined {
  const { bytes } = scan
  const start = scan.at
  const { length } = bytes
  while (at < length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  scan.at = at + 1
  try {
    return wellFormed(JSON.parse(bytes.toString('utf8', start, at + 1)) as string)
  } catch {
    return undefined
  }
}

/** A replacement character may stand for bytes that are not UTF-8. */
const wellFormed = (text: string): string | undefined =>
  text.includes('\ufffd') ? undefined : text

/** Reads a string, number, boolean or null. */
export function readScalar(scan: JsonScan): unknown {
  const byte = nextByte(scan)
  if (byte === QUOTE) return readText(scan)
  if (byte === undefined) return undefined
  if (byte === MINUS || isDigit(byte)) return readNumber(scan)
  const literal = LITERALS.get(byte)
  if (literal === undefined) return undefined
  const { text, value } = literal
  for (let i = 1; i < text.length; i++) {
    if (scan.bytes[scan.at + i] !== text.charCodeAt(i)) return undefined
  }
  scan.at += text.length
  return value
}

function readNumber(scan: JsonScan): unknown {
  const { bytes, at: start } = scan
  let at = start
  let value = 0
  let byte = bytes[at]
  while (byte !== undefined && isDigit(byte)) {
    value = value * 10 + (byte - ZERO)
    byte = bytes[++at]
  }
  const digits = at - start
  const isPlain = byte !== POINT && byte !== 0x65 && byte !== 0x45 && byte !== MINUS
  const isExact = digits === 1 || (digits <= SAFE_DIGITS && bytes[start] !== ZERO)
  if (digits > 0 && isPlain && isExact) {
    scan.at = at
    return value
  }
  // Signs, fractions, exponents and what is beyond 2^53.
  while (byte !== undefined && (isDigit(byte) || '+-.eE'.includes(String.fromCharCode(byte)))) {
    byte = bytes[++at]
  }
  scan.at = at
  try {
    return parseJson(bytes.subarray(start, at), bytes.toString('latin1', start, at))
  } catch {
    return undefined
  }
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= ZERO + 9

/** Reads an array, item by item. */
export function readArray(scan: JsonScan, readItem: (scan: JsonScan) => unknown): unknown {
  if (nextByte(scan) !== OPEN) return undefined
  scan.at++
  const items: unknown[] = []
  if (nextByte(scan) === CLOSE) {
    scan.at++
    return items
  }
  for (;;) {
    const item = readItem(scan)
    if (item === undefined) return undefined
    items.push(item)
    const byte = nextByte(scan)
    if (byte !== COMMA && byte !== CLOSE) return undefined
    scan.at++
    if (byte === CLOSE) return items
  }
}
