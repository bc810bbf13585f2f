const ZERO = 0x30
const DASH = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const CAPITAL_T = 0x54
const CAPITAL_Z = 0x5a
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_BEFORE_1970 = 719_162
/** Below every range, and stays there when it is added to or multiplied. */
const NO_DIGIT = -1_000_000

/**
 * Reads an instant written exactly `YYYY-MM-DDTHH:MM:SS[.1–6 digits]Z`.
 *
 * @returns microseconds since 1970 UTC, every one exact (bigint before 1684 and after 2255, where numbers
 *   are not); undefined for any other notation, and for a day or time that doesn't exist
 *   (there is no year 0; tables know none either)
 * @example
 * ```ts
 * parseTimestampUs('2024-02-29T12:00:00.25Z') // 1709208000250000
 * parseTimestampUs('2024-02-30T12:00:00Z') // undefined
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc3339
 */
export function parseTimestampUs(text: string): number | bigint | undefined {
  const last = text.length - 1
  if (
    last < 19 ||
    last > 26 ||
    last === 20 ||
    text.charCodeAt(4) !== DASH ||
    text.charCodeAt(7) !== DASH ||
    text.charCodeAt(10) !== CAPITAL_T ||
    text.charCodeAt(13) !== COLON ||
    text.charCodeAt(16) !== COLON ||
    text.charCodeAt(last) !== CAPITAL_Z
  ) {
    return undefined
  }
  let micros = 0
  if (last > 19) {
    if (text.charCodeAt(19) !== POINT) return undefined
    for (let at = 20; at < 26; at++) micros = micros * 10 + (at < last ? digit(text, at) : 0)
  }
  return utcMicros(
    twoDigits(text, 0) * 100 + twoDigits(text, 2),
    twoDigits(text, 5),
    twoDigits(text, 8),
    twoDigits(text, 11),
    twoDigits(text, 14),
    twoDigits(text, 17),
    micros,
  )
}

const twoDigits = (text: string, at: number): number => digit(text, at) * 10 + digit(text, at + 1)

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO
  return value >= 0 && value <= 9 ? value : NO_DIGIT
}

/**
 * The microseconds since 1970 of a UTC date and time; undefined where it doesn't exist.
 *
 * @param month - 1 to 12
 * @param day - 1 to 31
 */
export function utcMicros(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  micros: number,
): number | bigint | undefined {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const real =
    year >= 1 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= DAYS_IN_MONTH[month - 1]! + (leap && month === 2 ? 1 : 0) &&
    hour >= 0 &&
    hour <= 23 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 59 &&
    micros >= 0 &&
    micros <= 999_999
  if (!real) return undefined
  const past = year - 1
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  const dayOfYear = DAYS_BEFORE_MONTH[month - 1]! + day - 1 + (leap && month > 2 ? 1 : 0)
  const days = past * 365 + leapDays + dayOfYear - DAYS_BEFORE_1970
  const seconds = days * 86_400 + hour * 3600 + minute * 60 + second
  const total = seconds * 1e6 + micros
  return Number.isSafeInteger(total) ? total : BigInt(seconds) * 1_000_000n + BigInt(micros)
}

/** What `timestampText` checks; decoders know it, and read such times from bytes. */
export const isTimestampText = (value: unknown): boolean =>
  typeof value === 'string' && parseTimestampUs(value) !== undefined

const DAY_MS = 86_400_000
/** Records of one day follow each other: its text is written once. */
let lastDay = { number: 0, text: '1970-01-01' }

/** The UTC day, `YYYY-MM-DD`, of so many days since 1970. */
export function dayText(number: number): string {
  if (number !== lastDay.number) {
    lastDay = { number, text: new Date(number * DAY_MS).toISOString().slice(0, 10) }
  }
  return lastDay.text
}

const FIRST_SECOND = -62_135_596_800
const LAST_SECOND = 253_402_300_799

/** Whether a value is a number of seconds since 1970 UTC, of the years 1 to 9999. */
export const isEpochSeconds = (value: unknown): value is number =>
  typeof value === 'number' && value >= FIRST_SECOND && value <= LAST_SECOND
