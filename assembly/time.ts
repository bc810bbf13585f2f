import { last, MOST_SAFE } from './place'

const ZERO: u32 = 0x30
const DASH: u32 = 0x2d
const COLON: u32 = 0x3a
const POINT: u32 = 0x2e
const CAPITAL_T: u32 = 0x54
const CAPITAL_Z: u32 = 0x5a
/** Below every range, and stays there when more digits follow. */
const NO_DIGITS: i32 = -1_000_000
/** From 1 March of the year 0 to 1970. */
const DAYS_BEFORE_1970: i32 = 719_468

/** The text that was read last as microseconds since 1970; NaN where it is no time. */
export function microsOfLast(): f64 {
  return microsAt(last.start, last.length)
}

/**
 * The same as `parseTimestampUs` in `src/core/timestamp.ts`, which says what is a time; NaN where that gives
 * undefined or a bigint.
 */
function microsAt(at: usize, length: usize): f64 {
  if (length < 20 || length > 27 || length == 21) return NaN
  if (!isAt(at + 4, DASH) || !isAt(at + 7, DASH) || !isAt(at + 10, CAPITAL_T)) return NaN
  if (!isAt(at + 13, COLON) || !isAt(at + 16, COLON) || !isAt(at + length - 1, CAPITAL_Z))
    return NaN
  let micros = 0
  if (length > 20) {
    if (!isAt(at + 19, POINT)) return NaN
    const given = <i32>length - 21
    micros = digitsAt(at + 20, given)
    for (let more = given; more < 6; more++) micros *= 10
  }
  const year = digitsAt(at, 4)
  const month = digitsAt(at + 5, 2)
  const day = digitsAt(at + 8, 2)
  const hour = digitsAt(at + 11, 2)
  const minute = digitsAt(at + 14, 2)
  const second = digitsAt(at + 17, 2)
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NaN
  if (<u32>hour > 23 || <u32>minute > 59 || <u32>second > 59 || micros < 0) return NaN
  const seconds = <i64>daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
  const total = seconds * 1_000_000 + micros
  return total > <i64>MOST_SAFE || total < -(<i64>MOST_SAFE) ? NaN : <f64>total
}

function isAt(at: usize, byte: u32): bool {
  return load<u8>(at) == byte
}

/** A number of so many digits, negative where there are others. */
function digitsAt(at: usize, count: i32): i32 {
  let value = 0
  for (let i = 0; i < count; i++) {
    const digit = <u32>load<u8>(at + i) - ZERO
    if (digit > 9) return NO_DIGITS
    value = value * 10 + digit
  }
  return value
}

function daysOf(year: i32, month: i32): i32 {
  if (month != 2) return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
}

/** Counted in years that begin in March, since the leap day is the last of those. */
function daysSince1970(year: i32, month: i32, day: i32): i32 {
  const y = month > 2 ? year : year - 1
  const m = month > 2 ? month - 3 : month + 9
  return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - DAYS_BEFORE_1970
}
