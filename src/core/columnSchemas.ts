import * as v from 'valibot'
import { isEpochSeconds, isTimestampText } from './timestamp.ts'
import { isWholeNumber } from './wholeNumber.ts'
import { isWholeText } from './wholeText.ts'
import type { ColumnType } from './columns.ts'

/** What a schema's metadata may say about its column, where the type alone can't: see `columnsOf`. */
export interface ColumnMetadata {
  readonly column: ColumnType
}

const integer = () => v.union([v.pipe(v.number(), v.safeInteger()), v.bigint()])
const WHOLE = 'Expected a whole number of at most 18 digits'
const INT64 = 2n ** 63n
const isInt64 = (value: number | bigint): boolean => value >= -INT64 && value < INT64

/**
 * A column of instants, kept as microseconds since 1970 UTC: Parquet and Delta `timestamp`.
 *
 * @returns a schema of safe integers and bigints
 * @example
 * ```ts
 * const Post = v.object({ id: v.string(), createdAt: timestamp() })
 * ```
 */
export const timestamp = () =>
  v.pipe(
    integer(),
    v.check(isInt64, 'out of the range of int64'),
    v.metadata({ column: 'timestamp' }),
  )

/**
 * A column of calendar days, written `YYYY-MM-DD`: Parquet and Delta `date`.
 *
 * @returns a schema of strings that name a day which exists
 */
export const date = () =>
  v.pipe(
    v.string(),
    v.check(isCalendarDay, 'is no day written YYYY-MM-DD'),
    v.metadata({ column: 'date' }),
  )

/** A column of 64-bit integers: safe integers as numbers, larger ones as bigints. */
export const int64 = () =>
  v.pipe(integer(), v.check(isInt64, 'out of the range of int64'), v.metadata({ column: 'int64' }))

/** A column of 32-bit integers. */
export const int32 = () =>
  v.pipe(
    v.number(),
    v.integer(),
    v.minValue(-(2 ** 31)),
    v.maxValue(2 ** 31 - 1),
    v.metadata({ column: 'int32' }),
  )

/**
 * A time as text, exactly `YYYY-MM-DDTHH:MM:SS[.1–6 digits]Z` on a day that exists: what `parseTimestampUs`
 * reads, and `microsOf` and `dayOf` of a projection.
 *
 * @returns a schema of strings
 */
export const timestampText = () =>
  v.custom<string>(
    isTimestampText,
    'Expected YYYY-MM-DDTHH:MM:SS[.1-6 digits]Z on a day that exists',
  )

/**
 * Seconds since 1970 UTC, which may have a fraction, from the year 1 to 9999: what `microsOfSeconds` and `dayOfSeconds`
 * of a projection read.
 *
 * @returns a schema of numbers
 */
export const epochSeconds = () =>
  v.custom<number>(isEpochSeconds, 'Expected seconds since 1970, of the years 1 to 9999')

/**
 * A whole number as text, as CSV has them: 1 to 18 digits, and nothing else. `wholeOf` of a projection reads it.
 *
 * @returns a schema of strings
 */
export const wholeText = () => v.custom<string>(isWholeText, WHOLE)

/**
 * A whole number from 0 on of at most 18 digits, such as a count: a bigint where a number is not exact.
 *
 * @returns a schema of numbers and bigints
 */
export const wholeNumber = () => v.custom<number | bigint>(isWholeNumber, WHOLE)

function isCalendarDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const day = new Date(`${text}T00:00:00Z`)
  // An impossible day is invalid, or rolls over into the next month.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
