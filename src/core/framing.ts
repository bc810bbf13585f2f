import { giveBuffer, growBuffer, takeBuffer } from './bufferPool.ts'
import { csvRecords } from './csvRecords.ts'
import type { SourceBatch } from './unit.ts'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const NONE = new Uint32Array(0)

/**
 * Where the records of a batch lie in its bytes, as pairs of start and end: the bytes between them are
 * the record, without its line end. Runs on any thread.
 *
 * - `lines`: one record a line; blank lines are none; a byte order mark at the start of a file is skipped.
 * - `csv`: RFC 4180 records, line feeds inside quotes included; empty lines are none.
 * - `bounds`: those given.
 *
 * `giveFrame` takes back what is no longer needed.
 */
export function frame(batch: SourceBatch): Uint32Array {
  const { bytes, framing } = batch
  if (bytes === undefined) return NONE
  if (framing === 'bounds') return batch.bounds ?? NONE
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return framing === 'csv' ? frameCsv(buffer) : frameLines(buffer, batch.baseOffset === 0)
}

/** Takes the frame of a batch back. */
export function giveFrame({ framing }: SourceBatch, bounds: Uint32Array): void {
  if (framing === 'bounds' || bounds === NONE) return
  giveBuffer(Buffer.from(bounds.buffer))
}

function frameLines(bytes: Buffer, mayHaveMark: boolean): Uint32Array {
  const list = boundsList(bytes.length)
  let start = mayHaveMark && hasByteOrderMark(bytes) ? 3 : 0
  while (start < bytes.length) {
    const feed = bytes.indexOf(LF, start)
    const next = feed === -1 ? bytes.length : feed
    const end = next > start && bytes[next - 1] === CR ? next - 1 : next
    if (!isBlank(bytes, start, end)) list.add(start, end)
    start = next + 1
  }
  return list.bounds()
}

function frameCsv(bytes: Buffer): Uint32Array {
  const list = boundsList(bytes.length)
  const records = csvRecords(bytes)
  let start = 0
  while (start < bytes.length) {
    const behind = records.end(start)
    const next = behind === -1 ? bytes.length : behind
    const end = endWithoutLineEnd(bytes, start, next)
    if (end > start) list.add(start, end)
    start = next
  }
  return list.bounds()
}

/** Takes a line feed, a carriage return, or both off the end of a record. */
export function endWithoutLineEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end > start && bytes[end - 1] === LF) end--
  if (end > start && bytes[end - 1] === CR) end--
  return end
}

export function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte !== SPACE && byte !== TAB && byte !== CR) return false
  }
  return true
}

/** Pairs of numbers in one typed array that grows. */
function boundsList(bytes: number) {
  let buffer = takeBuffer(bytes >>> 4)
  let pairs = new Uint32Array(buffer.buffer)
  let length = 0
  return {
    add(start: number, end: number): void {
      if (length + 2 > pairs.length) {
        buffer = growBuffer(buffer, buffer.length * 2, buffer.length)
        pairs = new Uint32Array(buffer.buffer)
      }
      pairs[length++] = start
      pairs[length++] = end
    },
    bounds: (): Uint32Array => pairs.subarray(0, length),
  }
}
