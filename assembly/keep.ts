// What of a record goes into the slots of its row.
import { acceptText } from './host'
import { wholeOfLast } from './number'
import { last, MOST_SAFE, place } from './place'
import { microsOfLast } from './time'

/** Flags of a value. */
export const MAY_BE_NULL: i32 = 1
export const MAY_BE_EMPTY: i32 = 2
/** A number's check says yes to each that is whole. */
export const TAKES_WHOLE: i32 = 4

export const DAY_US: f64 = 86_400_000_000

/** Keeps the text that was read last; false where it may not be like this. */
export function keepText(texts: usize, flags: i32, slot: i32, check: i32): bool {
  if (last.length == 0 && !(flags & MAY_BE_EMPTY)) return false
  if (check >= 0 && !acceptText(check, last.start, last.length)) return false
  putPair(texts, slot, <u32>last.start, <u32>last.length)
  return true
}

/** The same for a text that is a time. */
export function keepTime(texts: usize, numbers: usize, slot: i32, micros: i32, day: i32): bool {
  const time = microsOfLast()
  if (time != time) return false
  putPair(texts, slot, <u32>last.start, <u32>last.length)
  putNumber(numbers, micros, time)
  putNumber(numbers, day, Math.floor(time / DAY_US))
  return true
}

/** The same for a text that is a whole number. */
export function keepWhole(texts: usize, numbers: usize, slot: i32, number: i32): bool {
  const whole = wholeOfLast()
  if (whole < 0 || (number >= 0 && whole > MOST_SAFE)) return false
  putPair(texts, slot, <u32>last.start, <u32>last.length)
  putNumber(numbers, number, whole)
  return true
}

export function putPair(row: usize, slot: i32, a: u32, b: u32): void {
  if (slot < 0) return
  store<u32>(row + slot * 8, a)
  store<u32>(row + slot * 8, b, 4)
}

export function putNumber(row: usize, slot: i32, value: f64): void {
  if (slot >= 0) store<f64>(row + slot * 8, value)
}

export function putList(row: usize, slot: i32, first: usize, behind: usize): void {
  putPair(row, slot, (<u32>(first - place.items)) >> 3, (<u32>(behind - first)) >> 3)
}
