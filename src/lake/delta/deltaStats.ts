import type { Column } from '../../core/columns.ts'
import type { FileSummary } from '../parquet/parquetFile.ts'
import { lowerBound, upperBound } from '../parquet/stringBounds.ts'
import type { Bound, Bounds } from '../parquet/valueBuffer.ts'

const DAY_MS = 86_400_000

/**
 * A file's statistics as Delta's log holds them: a JSON text with the number of records, nulls and the
 * bounds of every column that has an order. Long strings are bounded by shorter ones, timestamps by whole
 * milliseconds outwards.
 */
export function deltaStats({ rows, columns }: FileSummary): string {
  const bounded = columns.flatMap(({ column, bounds }) => {
    const text = bounds && boundTexts(column, bounds)
    return text === undefined ? [] : [{ name: column.name, ...text }]
  })
  return object([
    ['numRecords', String(rows)],
    ['minValues', object(bounded.flatMap(({ name, min }) => (min ? [[name, min]] : [])))],
    ['maxValues', object(bounded.flatMap(({ name, max }) => (max ? [[name, max]] : [])))],
    ['nullCount', object(columns.map(({ column, nulls }) => [column.name, String(nulls)]))],
  ])
}

/** By hand, since JSON.stringify has no way to write a large int64 as a number. */
const object = (fields: readonly (readonly [name: string, json: string])[]): string =>
  `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`

/** Both bounds as JSON; undefined where the type has none. */
function boundTexts(
  { type }: Column,
  { min, max }: Bounds,
): { readonly min: string | undefined; readonly max: string | undefined } | undefined {
  switch (type) {
    case 'string':
      return {
        min: quoted(lowerBound(min as Uint8Array)),
        max: quoted(upperBound(max as Uint8Array)),
      }
    case 'int32':
    case 'int64':
      return { min: String(min), max: String(max) }
    case 'double':
      return { min: finite(min), max: finite(max) }
    case 'date':
      return { min: day(min as number), max: day(max as number) }
    case 'timestamp':
      return { min: instant(milliseconds(min, 0n)), max: instant(milliseconds(max, 999n)) }
    default:
      return undefined
  }
}

const quoted = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : JSON.stringify(text)
const finite = (value: Bound): string | undefined =>
  Number.isFinite(value) ? String(value) : undefined

function milliseconds(micros: Bound, up: bigint): number {
  const shifted = (micros as bigint) + up
  // BigInt division cuts towards zero, and time goes on below it.
  const whole = shifted / 1000n
  return Number(shifted < 0n && whole * 1000n !== shifted ? whole - 1n : whole)
}

const day = (days: number): string | undefined => iso(days * DAY_MS, 10)
const instant = (ms: number): string | undefined => iso(ms, 24)

/** Undefined outside the years 0 to 9999, which readers do not agree on. */
function iso(ms: number, length: number): string | undefined {
  if (ms < -62_167_219_200_000 || ms > 253_402_300_799_999) return undefined
  return JSON.stringify(new Date(ms).toISOString().slice(0, length))
}
