import { csvRecords } from '../../core/csvRecords.ts'
import { endWithoutLineEnd } from '../../core/framing.ts'
import type { Content } from './content.ts'
import { contentWindow } from './contentWindow.ts'
import { oversizedRecord, type OversizedRecord, type RecordFormat } from './oversizedRecord.ts'

/** Some whole records, or a piece of one that is too long. */
export interface RecordCut {
  /** A last record that lacked its line end has one. */
  readonly bytes: Uint8Array
  /** Nobody else looks into the buffer. */
  readonly owned?: true
  /** How many bytes of the content this takes. */
  readonly taken: number
  /** Where the records are, if framing can't find them; none in a piece. */
  readonly bounds?: Uint32Array
  /** A record over the limit ends here. */
  readonly tooLarge?: OversizedRecord
  /** A record over the limit, begun at this offset, goes on behind this piece. */
  readonly inside?: number
}

/** What was left when the content ended. */
export interface RecordRest {
  /** Bytes behind the last record, as many as may be kept. */
  readonly head: Uint8Array
  /** How many there were. */
  readonly bytes: number
}

export interface CutRecordsOptions extends RecordFormat {
  /** Begins at `at`, or where `inside` says. */
  readonly content: Content
  /** The offset at which the next record or piece begins. */
  readonly at: number
  /** Goes on inside a record over the limit that begins at this offset. */
  readonly inside?: number | undefined
  readonly batchBytes: number
  readonly maxRecordBytes: number
  /** Asked at the end of the content: whether that ends the last record too. */
  final(): boolean
}

const LF = 0x0a
const CR = 0x0d
const NONE = new Uint32Array(0)

/**
 * Cuts a content into batches of whole records; the next one is read while the last is away. Memory: two
 * batches, or two records of `maxRecordBytes`; longer ones pass through piece by piece.
 */
export async function* cutRecords(
  options: CutRecordsOptions,
): AsyncGenerator<RecordCut, RecordRest> {
  const { content, batchBytes, maxRecordBytes, lineEnd } = options
  let at = options.at
  let tooLarge = await resumeInside(options)
  const window = contentWindow(content, batchBytes)
  try {
    for (;;) {
      const ended = await window.read()
      const view = window.view()
      if (tooLarge === undefined) {
        const end = lastEnd(view, options)
        const reach = end === 0 ? view.length : end
        const over = firstOver(view, reach, options)
        if (over === 0) tooLarge = oversizedRecord(at, maxRecordBytes, options)
        else {
          const closes = end === 0 && ended && options.final()
          const cut = over ?? (closes ? view.length : end)
          if (cut === 0 && ended) return { head: Uint8Array.from(view), bytes: view.length }
          if (cut === 0) {
            window.take(0, view.length)
            continue
          }
          const bounds = lineEnd === 'cr' ? boundsOf(view.subarray(0, cut), options) : undefined
          const bytes = closes ? withLineEnd(view, options) : view.subarray(0, cut)
          window.take(cut)
          at += cut
          yield { bytes, owned: true, taken: cut, ...(bounds !== undefined && { bounds }) }
          continue
        }
      }
      const long: OversizedRecord = tooLarge
      const found = long.feed(view)
      const closes = found === -1 && ended && options.final()
      if (found === -1 && ended && !options.final() && view.length === 0) {
        return { head: long.head(), bytes: long.bytes() }
      }
      const cut = found === -1 ? view.length : found
      const bytes = closes ? withLineEnd(view, options) : view.subarray(0, cut)
      const done = closes || found !== -1
      if (done) tooLarge = undefined
      window.take(cut)
      at += cut
      yield {
        bytes,
        taken: cut,
        bounds: NONE,
        ...(done ? { tooLarge: long } : { inside: long.start }),
      }
    }
  } finally {
    await window.close()
  }
}

/** Reads again what was taken of a record over the limit before. */
async function resumeInside(options: CutRecordsOptions): Promise<OversizedRecord | undefined> {
  const { content, at, inside, batchBytes, maxRecordBytes } = options
  if (inside === undefined) return undefined
  const record = oversizedRecord(inside, maxRecordBytes, options)
  for (let left = at - inside; left > 0;) {
    const bytes = Buffer.allocUnsafe(Math.min(left, batchBytes))
    const read = await content.fill(bytes, 0)
    if (read === 0) break
    record.feed(bytes.subarray(0, read))
    left -= read
  }
  return record
}

function ends(bytes: Buffer, { framing, lineEnd }: RecordFormat): (start: number) => number {
  if (framing === 'csv') return csvRecords(bytes, lineEnd).end
  return (start) => bytes.indexOf(LF, start) + 1 || -1
}

/** The end of the last complete record within a batch, or of the first one if it alone is larger; or 0. */
function lastEnd(bytes: Buffer, options: CutRecordsOptions): number {
  const { framing, batchBytes } = options
  if (framing === 'lines') {
    return bytes.lastIndexOf(LF, batchBytes - 1) + 1 || bytes.indexOf(LF) + 1
  }
  const endOf = ends(bytes, options)
  let last = 0
  while (last < bytes.length) {
    const end = endOf(last)
    if (end === -1 || (end > batchBytes && last > 0)) break
    last = end
  }
  return last
}

/** Where the first record begins that is over the limit. */
function firstOver(bytes: Buffer, reach: number, options: CutRecordsOptions): number | undefined {
  const { maxRecordBytes } = options
  if (reach <= maxRecordBytes) return undefined
  const endOf = ends(bytes, options)
  for (let start = 0; start < reach;) {
    const found = endOf(start)
    const end = found === -1 ? bytes.length : found
    if (endWithoutLineEnd(bytes, start, end) - start > maxRecordBytes) return start
    start = end
  }
  return undefined
}

function boundsOf(bytes: Buffer, options: RecordFormat): Uint32Array {
  const endOf = ends(bytes, options)
  const bounds: number[] = []
  for (let start = 0; start < bytes.length;) {
    const found = endOf(start)
    const next = found === -1 ? bytes.length : found
    const end = endWithoutLineEnd(bytes, start, next)
    if (end > start) bounds.push(start, end)
    start = next
  }
  return Uint32Array.from(bounds)
}

/** Ends the last record of a content; its window has room for that. */
function withLineEnd(view: Buffer, { lineEnd }: RecordFormat): Uint8Array {
  const closed = Buffer.from(view.buffer, view.byteOffset, view.length + 1)
  closed[view.length] = lineEnd === 'cr' ? CR : LF
  return closed
}
