import type { Vector } from 'apache-arrow'
import type { Column } from '../../core/columns.ts'

/** Value of one row of one column. */
export type ValueAt = (row: number) => unknown

const DAY_MS = 86_400_000
/** Microseconds a unit of Arrow's timestamps: seconds, milliseconds, microseconds. */
const MICROS = [1_000_000n, 1000n, 1n]
const NANOSECONDS = 3

/**
 * Reads a column of an Arrow batch as rows of this library hold it: timestamps as whole microseconds, days as
 * text, lists as arrays.
 *
 * @param vector undefined or null where the file has no such column
 */
export function arrowValues({ name, type }: Column, vector: Vector | null): ValueAt {
  if (vector === null) return () => null
  const arrowType = String(vector.type)
  switch (type) {
    case 'timestamp':
      return timestamps(name, vector)
    case 'date':
      if (!arrowType.startsWith('Date32')) throw misfit(name, type, arrowType)
      return days(vector)
    case 'list<string>':
      return (row) => {
        const list = vector.get(row) as Iterable<string> | null
        return list === null ? null : [...list]
      }
    default:
      return (row) => vector.get(row) as unknown
  }
}

/** Arrow's own getter gives milliseconds, cut. */
function timestamps(name: string, vector: Vector): ValueAt {
  const { unit } = vector.type as { readonly unit?: number }
  const [data] = vector.data
  const values = data?.values as BigInt64Array | undefined
  const factor = MICROS[unit ?? -1]
  if (values === undefined || (factor === undefined && unit !== NANOSECONDS)) {
    throw misfit(name, 'timestamp', String(vector.type))
  }
  return (row) => {
    if (!data!.getValid(row)) return null
    return factor === undefined ? values[row]! / 1000n : values[row]! * factor
  }
}

function days(vector: Vector): ValueAt {
  const [data] = vector.data
  const values = data!.values as Int32Array
  // Rows of one file share few days.
  let lastDay = Number.NaN
  let lastText = ''
  return (row) => {
    if (!data!.getValid(row)) return null
    const day = values[row]!
    if (day !== lastDay) {
      lastText = new Date(day * DAY_MS).toISOString().slice(0, 10)
      lastDay = day
    }
    return lastText
  }
}

const misfit = (name: string, type: string, found: string): TypeError =>
  new TypeError(`column ${name} is ${type} in the table and ${found} in the file`)
