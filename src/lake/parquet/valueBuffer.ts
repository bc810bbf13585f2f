import type { SlotCell } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'

/** The lowest and the highest of some values, in Parquet's order of the column's type. */
export interface Bounds {
  readonly min: Bound
  readonly max: Bound
}
/** number: int32, date (days), double · bigint: int64, timestamp · Uint8Array: string, as UTF-8. */
export type Bound = number | bigint | Uint8Array

/** Some values of one column without nulls, in Parquet's PLAIN encoding. Filled, viewed, cleared, reused. */
export interface Values {
  /** Takes one value and returns how many bytes are held now. Throws a TypeError that says what it is not. */
  append(value: unknown): number
  /**
   * Takes the values that a cell has in some rows of a store, none of them null, and returns how many bytes
   * are held now. Only cells that `fitsColumn` lets through.
   */
  appendRows(store: RowStore, cell: SlotCell, rows: Int32Array, count: number): number
  /** The bytes; valid until the next call. */
  view(): Uint8Array
  /** Undefined where the type has no order, where there are no values, and where one is NaN. */
  bounds(): Bounds | undefined
  clear(): void
  /** Gives the memory back; ends its life. */
  release(): void
  /** Memory taken, in bytes. */
  capacity(): number
}

/** How an error names a value that does not fit. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
