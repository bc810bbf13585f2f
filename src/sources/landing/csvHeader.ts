import { csvRecords, type CsvLineEnd } from '../../core/csvRecords.ts'
import { endWithoutLineEnd, hasByteOrderMark } from '../../core/framing.ts'

/** The header row of a CSV file. */
export interface CsvHeader {
  readonly columns: readonly string[]
  /** Its bytes from the start of the file, with the line end. */
  readonly bytes: Uint8Array
  readonly lineEnd: CsvLineEnd
  /** False where the file ends with it, in the middle of the line. */
  readonly ended: boolean
}

const LF = 0x0a
const CR = 0x0d

/**
 * Reads the header row at the start of a file, behind a byte order mark and empty lines. A header that ends
 * in a bare carriage return says that all records do.
 *
 * @returns Undefined where the row is not complete yet; with `complete` the bytes are all there is.
 */
export function csvHeader(bytes: Buffer, complete: boolean): CsvHeader | undefined {
  let start = hasByteOrderMark(bytes) ? 3 : 0
  while (bytes[start] === LF || bytes[start] === CR) start++
  const found = csvRecords(bytes, 'cr').end(start)
  const ended = found !== -1
  const end = ended ? found : bytes.length
  // Behind a carriage return at the end of what is there a line feed may follow.
  if (!complete && (!ended || (bytes[end - 1] === CR && end === bytes.length))) return undefined
  const row = bytes.toString('utf8', start, endWithoutLineEnd(bytes, start, end))
  return {
    columns: row === '' ? [] : fieldsOf(row),
    bytes: Uint8Array.from(bytes.subarray(0, end)),
    lineEnd: ended && bytes[end - 1] === CR ? 'cr' : 'lf',
    ended,
  }
}

function fieldsOf(row: string): string[] {
  const fields: string[] = []
  for (let at = 0; at <= row.length; at++) {
    let field = ''
    if (row[at] === '"') {
      for (at++; at < row.length; at++) {
        if (row[at] === '"' && row[++at] !== '"') break
        field += row[at]
      }
    }
    const comma = row.indexOf(',', at)
    const end = comma === -1 ? row.length : comma
    fields.push(field + row.slice(at, end))
    at = end
  }
  return fields
}
