import type { RowStore } from '../../../core/rows/rowStore.ts'
import { timestampUsAt } from '../../../core/timestamp.ts'
import { isAtEnd, jsonScan, openBytes, openRecord, readScalar } from '../jsonScan.ts'
import type { OpenBatch } from './openBatch.ts'
import type { Read } from '../schemaReader.ts'

const QUOTE = 0x22
const POINT = 0x2e
const ZERO = 0x30
const LETTER_E = 0x65
const [TRUE, FALS] = ['true', 'fals'].map((text) => Buffer.from(text).readInt32LE(0))
/** Integers of so many digits are exact as numbers. */
const SAFE_DIGITS = 15
/** The longest time, `YYYY-MM-DDTHH:MM:SS.ffffffZ`. */
const TIME_BYTES = 27

/** Reads a number of any notation into `batch.number`; the place behind it, -1 where there is none. */
export function readNumber(store: RowStore, batch: OpenBatch, from: number, end: number): number {
  const { bytes } = store
  let at = from
  let value = 0
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  const digits = at - from
  const behind = bytes[at]!
  const isPlain = digits > 0 && behind !== POINT && (behind | 0x20) !== LETTER_E
  if (isPlain && digits <= SAFE_DIGITS && (digits === 1 || bytes[from] !== ZERO)) {
    batch.number = value
    return at
  }
  return readOtherNumber(store, batch, from)
}

/** Signs, fractions, exponents and what is beyond 2^53. */
function readOtherNumber({ bytes }: RowStore, batch: OpenBatch, from: number): number {
  const { scan } = batch
  openBytes(scan, bytes)
  scan.at = from
  const value = readScalar(scan)
  if (typeof value !== 'number') return -1
  batch.number = value
  return scan.at
}

/** Reads `true` or `false` as 1 or 0 into `batch.number`; the place behind it, -1 where there is neither. */
export function readFlag(store: RowStore, batch: OpenBatch, at: number, end: number): number {
  if (at + 4 > end) return -1
  const word = batch.view.getInt32(at, true)
  batch.number = word === TRUE ? 1 : 0
  if (word === TRUE) return at + 4
  return word === FALS && at + 5 <= end && store.bytes[at + 4] === LETTER_E ? at + 5 : -1
}

/** Reads the time that begins at `at` as microseconds into `batch.number`; the place behind its quote, or -1. */
export function readTime(store: RowStore, batch: OpenBatch, at: number, end: number): number {
  const { bytes } = store
  let quote = at
  for (const last = Math.min(end, at + TIME_BYTES + 1); quote < last; quote++) {
    if (bytes[quote] === QUOTE) break
  }
  if (quote >= end || bytes[quote] !== QUOTE) return -1
  const micros = timestampUsAt(bytes, at, quote - at)
  if (micros !== micros) return -1
  batch.number = micros
  return quote + 1
}

/** Reads a value that no column wants; the place behind it, -1 where its schema may not accept it. */
export function readValue(
  { bytes }: RowStore,
  batch: OpenBatch,
  at: number,
  end: number,
  read: Read,
): number {
  const { scan } = batch
  openRecord(scan, bytes, at, end)
  const value = read(scan)
  return value === undefined || scan.at > end ? -1 : scan.at
}

/** NaN is null: of what is known. */
export const sumOf = (a: number, b: number): number => (a !== a ? b : b !== b ? a : a + b)

/** Whether nothing but white space follows. */
export function isBlank(bytes: Buffer, at: number, end: number): boolean {
  const scan = jsonScan()
  scan.bytes = bytes
  scan.at = at
  return isAtEnd(scan, end)
}
