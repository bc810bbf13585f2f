import { otherNumber } from './host'
import { last, REFUSED } from './place'

const ZERO: u32 = 0x30
/** A point and an `e`, as digits. */
const POINT: u32 = 0x2e - ZERO
const LETTER_E: u32 = 0x65 - ZERO
const CAPITAL_E: u32 = 0x45 - ZERO
/** Integers of so many digits are exact as numbers. */
const SAFE_DIGITS: usize = 15

/** Reads a number of any notation; the place behind it, REFUSED where there is none. */
export function readNumber(at: usize, end: usize): usize {
  const from = at
  let value: u64 = 0
  let digit: u32 = 0
  for (; at < end; at++) {
    digit = load<u8>(at) - ZERO
    if (digit > 9) break
    value = value * 10 + digit
  }
  const digits = at - from
  const isWhole = at < end && digit != POINT && digit != LETTER_E && digit != CAPITAL_E
  const isExact = digits == 1 || (digits > 1 && digits <= SAFE_DIGITS && load<u8>(from) != ZERO)
  if (isWhole && isExact) {
    last.number = <f64>value
    return at
  }
  // Signs, fractions, exponents and what is beyond 2^53.
  const behind = otherNumber(from)
  return behind < 0 ? REFUSED : behind
}

/** More digits are no whole number for `wholeText()`, and so many fit. */
const MOST_DIGITS: usize = 18

/** The number that the digits of the text are that was read last; -1 where it has others, none, or too many. */
export function wholeOfLast(): f64 {
  const length = last.length
  if (length == 0 || length > MOST_DIGITS) return -1
  let value: u64 = 0
  for (let i: usize = 0; i < length; i++) {
    const digit = <u32>load<u8>(last.start + i) - ZERO
    if (digit > 9) return -1
    value = value * 10 + digit
  }
  return <f64>value
}
