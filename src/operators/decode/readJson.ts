import { thrownText } from '../../core/onError.ts'
import type { Outlet } from '../../core/unit.ts'
import { asBuffer, wasMended } from './decodeText.ts'
import { parseJson } from './parseJson.ts'

const BYTE_ORDER_MARK = 0xfeff

/** Stands for no value: the record was rejected. */
export const BROKEN: unique symbol = Symbol('broken')

/**
 * Reads the JSON of the record at `whole[start … end - 1]`, and tells the outlet where bytes were mended or
 * the record is broken.
 */
export function readJson(
  whole: Uint8Array,
  start: number,
  end: number,
  outlet: Outlet<never>,
): unknown {
  const bytes = asBuffer(whole).subarray(start, end)
  const decoded = bytes.toString()
  const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded
  let value: unknown
  try {
    value = parseJson(bytes, text)
  } catch (error) {
    outlet.reject('broken_record', `not JSON: ${thrownText(error)}`)
    return BROKEN
  }
  if (wasMended(bytes, text)) outlet.repaired()
  return value
}
