import type { Envelope, Outlet } from '../../core/unit.ts'
import { csvFields } from './csvFields.ts'
import { asBuffer, wasMended } from './decodeText.ts'

/** One CSV row by column. It inherits nothing: a column may be called `__proto__`. */
export type Row = Record<string, string>

/** A constructor, because V8 keeps what `Object.create(null)` makes as slow hash tables. */
const Bare = function () {} as unknown as { new (): Row; prototype: object | null }
Bare.prototype = Object.freeze(Object.create(null) as object)

/**
 * Reads one CSV row under its file's header, and tells the outlet where bytes were mended or the row is
 * broken; then there is no row.
 */
export function readRow(
  bytes: Uint8Array,
  outlet: Outlet<never>,
  { header }: Envelope,
): Row | undefined {
  if (header === undefined) {
    throw new TypeError('CSV rows need a header, and the source of this record gives none')
  }
  const text = asBuffer(bytes).toString()
  const fields = csvFields(text)
  if (!Array.isArray(fields)) {
    outlet.reject('broken_record', `not CSV: ${fields.fault}`)
    return undefined
  }
  if (fields.length !== header.length) {
    outlet.reject(
      'broken_record',
      `${count(fields.length, 'field')} where the header has ${count(header.length, 'column')}`,
    )
    return undefined
  }
  if (wasMended(bytes, text)) outlet.repaired()
  const row = new Bare()
  for (let column = 0; column < fields.length; column++) row[header[column]!] = fields[column]!
  return row
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
