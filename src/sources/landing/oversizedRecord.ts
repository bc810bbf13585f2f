import type { CsvLineEnd } from '../../core/csvRecords.ts'

/** A record that is too long to be held: its beginning is kept, its end is looked for. */
export interface OversizedRecord {
  /** Its offset in the content. */
  readonly start: number
  /** Takes the next bytes. Returns the index behind the record's end in them, or -1. */
  feed(bytes: Buffer): number
  /** As much of it as may be kept. */
  head(): Uint8Array
  /** Bytes seen of it, without the line end. */
  bytes(): number
}

export interface RecordFormat {
  readonly framing: 'lines' | 'csv'
  readonly lineEnd: CsvLineEnd
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const COMMA = 0x2c

/** Follows one record from its first byte on, in memory for `maxBytes` of it. */
export function oversizedRecord(
  start: number,
  maxBytes: number,
  { framing, lineEnd }: RecordFormat,
): OversizedRecord {
  const kept: Buffer[] = []
  let seen = 0
  let last = 0
  const endIn = framing === 'csv' ? csvEnd(lineEnd) : (bytes: Buffer) => bytes.indexOf(LF) + 1 || -1
  return {
    start,
    feed(bytes) {
      const end = endIn(bytes)
      const part = end === -1 ? bytes : bytes.subarray(0, end)
      const room = maxBytes - seen
      if (room > 0) kept.push(Buffer.from(part.subarray(0, room)))
      const before = part.length > 1 ? part[part.length - 2] : last
      last = part[part.length - 1] ?? last
      seen += part.length
      if (end !== -1) seen -= last === LF && before === CR ? 2 : 1
      return end
    },
    head: () => Uint8Array.from(Buffer.concat(kept)),
    bytes: () => seen,
  }
}

/** The rules of `csvRecords`, one byte after the other, so that a record may come in pieces. */
function csvEnd(lineEnd: CsvLineEnd): (bytes: Buffer) => number {
  let state: 'start' | 'bare' | 'quoted' | 'quote' = 'start'
  return (bytes) => {
    for (let at = 0; at < bytes.length; at++) {
      if (state === 'quoted') {
        at = bytes.indexOf(QUOTE, at)
        if (at === -1) return -1
        state = 'quote'
        continue
      }
      const byte = bytes[at]
      if (byte === LF || (byte === CR && lineEnd === 'cr')) return at + 1
      if (byte === QUOTE && state !== 'bare') state = 'quoted'
      else state = byte === COMMA ? 'start' : 'bare'
    }
    return -1
  }
}
