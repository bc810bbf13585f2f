import { jsonTargets, type JsonTarget } from './jsonTargets.ts'

/** What keeps bytes from being one JSON document, and where. */
export interface JsonFault {
  readonly offset: number
  readonly message: string
}

/** Checks a JSON document piece by piece, and says where the elements that are looked for lie in it. */
export interface JsonScanner {
  /** Takes the next `length` bytes. Nothing happens any more once there is a fault. */
  feed(bytes: Uint8Array, length: number): void
  /** No more bytes will come: an open value is a fault from here on. */
  finish(): void
  fault(): JsonFault | undefined
  /** The offset behind the document's value, once it has ended. */
  valueEnd(): number | undefined
  /** What was found at each path, in the order of the paths. */
  readonly targets: readonly JsonTarget[]
}

export interface JsonScannerOptions {
  /** Where elements are looked for, as keys from the top. */
  readonly paths: readonly (readonly string[])[]
  /** An element of path `target` was found at these offsets. */
  onElement?(target: number, start: number, end: number): void
}

/** Deeper documents are refused: whoever parses them has a stack to lose. */
const MAX_DEPTH = 1000
/** Longer numbers are refused, longer keys match nothing. */
const MAX_TOKEN_BYTES = 64 * 1024

// What may come next; numbers, since the machine looks at every byte.
const VALUE = 0
const VALUE_OR_END = 1
const KEY_OR_END = 2
const KEY = 3
const COLON = 4
const NEXT = 5
const STRING = 6
const ESCAPE = 7
const HEX = 8
const SCALAR = 9
const DONE = 10
const FAULT = 11

const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/**
 * A strict scanner in constant memory: it accepts what `JSON.parse` accepts, whatever the bytes inside
 * strings, and a byte order mark in front.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function jsonScanner({ paths, onElement }: JsonScannerOptions): JsonScanner {
  const targets = jsonTargets(paths, onElement ?? (() => {}))
  const inObject = new Uint8Array(MAX_DEPTH + 1)
  let mode = VALUE
  let depth = 0
  let offset = 0
  let hexLeft = 0
  let isKey = false
  let token = ''
  let fault: JsonFault | undefined
  let end: number | undefined

  const fail = (at: number, message: string): void => {
    fault = { offset: at, message }
    mode = FAULT
  }
  const ended = (at: number): void => {
    targets.valueEnded(depth, at)
    if (depth > 0) mode = NEXT
    else {
      mode = DONE
      end = at
    }
  }
  const open = (at: number, object: boolean): void => {
    if (depth === MAX_DEPTH) return fail(at, `nested deeper than ${MAX_DEPTH}`)
    depth++
    inObject[depth] = object ? 1 : 0
    mode = object ? KEY_OR_END : VALUE_OR_END
  }
  const close = (at: number, byte: number): void => {
    if (byte !== (inObject[depth] === 1 ? 0x7d : 0x5d)) return fail(at, `unexpected ${shown(byte)}`)
    depth--
    ended(at + 1)
  }
  const beginString = (key: boolean): void => {
    isKey = key
    token = ''
    mode = STRING
  }
  const value = (at: number, byte: number): void => {
    if (depth === 0 && at < 3 && byte === [0xef, 0xbb, 0xbf][at]) return
    if (byte === 0x5d && mode === VALUE_OR_END) return close(at, byte)
    targets.valueBegins(depth, at, byte)
    if (byte === 0x7b || byte === 0x5b) return open(at, byte === 0x7b)
    if (byte === 0x22) return beginString(false)
    token = ''
    mode = SCALAR
  }
  const structure = (at: number, byte: number): void => {
    if (mode <= VALUE_OR_END) return value(at, byte)
    if (mode === COLON && byte === 0x3a) mode = VALUE
    else if ((mode === KEY || mode === KEY_OR_END) && byte === 0x22) beginString(true)
    else if (mode === NEXT && byte === 0x2c) mode = inObject[depth] === 1 ? KEY : VALUE
    else if (mode === NEXT || (mode === KEY_OR_END && byte === 0x7d)) close(at, byte)
    else if (mode === DONE) fail(at, 'more follows behind the value')
    else fail(at, `unexpected ${shown(byte)}`)
  }
  const endScalar = (at: number): void => {
    if (LITERAL.test(token)) ended(at)
    else fail(at - token.length, `${JSON.stringify(token.slice(0, 20))} is no JSON value`)
  }

  const keepsKey = (): boolean => isKey && targets.watches(depth) && token.length <= MAX_TOKEN_BYTES

  /** Runs through a string to its end, or to the end of the bytes. Returns the index to go on at. */
  const string = (bytes: Buffer, from: number): number => {
    let at = from
    let byte = 0
    while (at < bytes.length) {
      byte = bytes[at]!
      if (byte === 0x22 || byte === 0x5c || byte < 0x20) break
      at++
    }
    // Kept byte for byte: a piece may end inside a character.
    if (keepsKey()) token += bytes.toString('latin1', from, byte === 0x5c ? at + 1 : at)
    if (at === bytes.length) return at
    if (byte < 0x20) fail(offset + at, 'a control character inside a string')
    else if (byte === 0x5c) mode = ESCAPE
    else if (isKey) {
      if (keepsKey()) targets.key(depth, keyOf(token))
      mode = COLON
    } else ended(offset + at + 1)
    return at + 1
  }
  const escape = (at: number, byte: number): void => {
    if (keepsKey()) token += String.fromCharCode(byte)
    if (byte === 0x75) {
      hexLeft = 4
      mode = HEX
    } else if (ESCAPED.includes(byte)) mode = STRING
    else fail(at, `unexpected escape ${shown(byte)}`)
  }
  const hex = (at: number, byte: number): void => {
    if (keepsKey()) token += String.fromCharCode(byte)
    if (!HEX_DIGITS.includes(byte)) fail(at, `unexpected ${shown(byte)} in an escape`)
    else if (--hexLeft === 0) mode = STRING
  }
  /** Collects a number or a word up to what can't be part of one. */
  const scalar = (bytes: Buffer, from: number): number => {
    let at = from
    while (at < bytes.length && isDigit(bytes[at]!)) at++
    // The common case, without a string made of it: a whole number that begins with no zero.
    const isPlain = token === '' && at > from && at < bytes.length && bytes[from] !== 0x30
    if (isPlain && endsScalar(bytes[at]!)) {
      ended(offset + at)
      return at
    }
    while (at < bytes.length && !endsScalar(bytes[at]!)) at++
    token += bytes.toString('latin1', from, at)
    if (at < bytes.length) endScalar(offset + at)
    else if (token.length > MAX_TOKEN_BYTES) fail(offset + at, 'a number without end')
    return at
  }

  return {
    targets: targets.found,
    fault: () => fault,
    valueEnd: () => end,
    feed(piece, length) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, length)
      let at = 0
      while (at < length && mode !== FAULT) {
        if (mode === STRING) at = string(bytes, at)
        else if (mode === SCALAR) at = scalar(bytes, at)
        else {
          const byte = bytes[at]!
          if (mode === ESCAPE) escape(offset + at, byte)
          else if (mode === HEX) hex(offset + at, byte)
          else if (!isSpace(byte)) structure(offset + at, byte)
          // A scalar is collected from its first byte on.
          if (mode !== SCALAR) at++
        }
      }
      offset += length
    },
    finish() {
      if (mode === SCALAR && depth === 0) endScalar(offset)
      if (mode !== DONE && mode !== FAULT) fail(offset, 'the document ends early')
    },
  }
}

const ESCAPED = Buffer.from('"\\/bfnrt')
const HEX_DIGITS = Buffer.from('0123456789abcdefABCDEF')

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function endsScalar(byte: number): boolean {
  return isSpace(byte) || byte === 0x2c || byte === 0x5d || byte === 0x7d || byte === 0x3a
}

function keyOf(token: string): string {
  const text = Buffer.from(token, 'latin1').toString()
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

function shown(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte ${byte}`
}
