const ZERO = 0x30
const DASH = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const CAPITAL_T = 0x54
const CAPITAL_Z = 0x5a
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Reads an instant written exactly `YYYY-MM-DDTHH:MM:SS[.1–6 digits]Z`.
 *
 * @returns microseconds since 1970 UTC, every one exact (bigint before 1684 and after 2255, where numbers
 *   are not); undefined for any other notation, and for a day or time that doesn't exist
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
    micros = digits(text, 20, last)
    for (let place = last; place < 26; place++) micros *= 10
  }
  return utcMicros(
    digits(text, 0, 2) * 100 + digits(text, 2, 4),
    digits(text, 5, 7),
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
    micros,
  )
}

/** The decimal number in `text` from `from` to before `to`; NaN where a character is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - ZERO
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}

/**
 * The microseconds since 1970 of a UTC date and time, undefined where it doesn't exist or a part is NaN.
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
  const real =
    year >= 0 &&
    year <= 9999 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    micros <= 999_999
  if (!real) return undefined
  const seconds = (daysSince1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
  const total = seconds * 1e6 + micros
  return Number.isSafeInteger(total) ? total : BigInt(seconds) * 1_000_000n + BigInt(micros)
}

function daysInMonth(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : DAYS_IN_MONTH[month - 1]!
}

/** Counts from 1 March of year 0, so that the leap day is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1
  const months = (month + 9) % 12
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
  return years * 365 + leapDays + Math.floor((months * 153 + 2) / 5) + day - 1 - 719_468
}
