import * as v from 'valibot'
import { wholeNumber, wholeText } from '../../src/core/columnSchemas.ts'
import { isWholeText } from '../../src/core/wholeText.ts'

/** More digits, and two counts might no longer add up to an int64. */
const TOO_MUCH = 10n ** 18n
const INTEGER_TEXT = /^-?\d{1,18}$/
const RANGE = 'Expected a whole number of at most 18 digits'

export type Count = number | bigint

/** A count in JSON: bigint where a number can't hold it. */
export const Count = wholeNumber()

/** A score in JSON: may be negative. */
export const Score = v.custom<Count>(
  (value) =>
    typeof value === 'number'
      ? Number.isSafeInteger(value)
      : typeof value === 'bigint' && value > -TOO_MUCH && value < TOO_MUCH,
  RANGE,
)

/** A count in CSV. */
export const CountText = wholeText()

/** A count in CSV which may be empty: not known. */
export const CountTextOrEmpty = v.custom<string>(
  (value) => value === '' || isWholeText(value),
  RANGE,
)

/** A score in CSV: may be negative, or empty. */
export const ScoreTextOrEmpty = v.custom<string>(
  (value) => value === '' || (typeof value === 'string' && INTEGER_TEXT.test(value)),
  RANGE,
)

/** Whether what JSON has for a count is negative or no integer; what is absent is neither. */
export function isNoCount(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || value < 0
  if (typeof value === 'bigint') return value < 0n
  return value !== undefined
}

/** The same of counts that are text. */
export const isNoCountText = (value: unknown): boolean =>
  value !== undefined && !(typeof value === 'string' && /^\d+$/.test(value))

/** The number that a valid count or score is in CSV, null where it is empty or its column missing. */
export function countOf(text: string | null | undefined): Count | null {
  if (text === undefined || text === null || text === '') return null
  const count = Number(text)
  return Number.isSafeInteger(count) ? count : BigInt(text)
}

/** The sum of what is known, null where nothing is. */
export function sumOf(a: Count | null | undefined, b: Count | null | undefined): Count | null {
  if (a === null || a === undefined) return b ?? null
  if (b === null || b === undefined) return a
  const sum = Number(a) + Number(b)
  return Number.isSafeInteger(sum) ? sum : BigInt(a) + BigInt(b)
}
