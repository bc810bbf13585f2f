import * as v from 'valibot'
import { timestampText } from '../../src/core/columnSchemas.ts'
import { dayText, parseTimestampUs, utcMicros } from '../../src/core/timestamp.ts'

/** Microseconds since 1970 UTC. */
export type Micros = number | bigint

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const API_TIME = /^\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)([0-5]\d) (\d{4})$/
const SHORT_TIME = /^(\d{1,2})\/(\d{1,2})\/(\d\d) (\d{1,2}):(\d\d)$/
const EPOCH_TEXT = /^\d{1,12}(\.\d{1,6})?$/
/** 9999-12-31T23:59:59Z: what comes after has no date of four-digit years. */
const LAST_SECOND = 253_402_300_799

const schemaOf = (parse: (text: string) => Micros | undefined, what: string) =>
  v.custom<string>((value) => typeof value === 'string' && parse(value) !== undefined, what)

/** The microseconds of a valid time. */
export const isoMicros = (text: string): Micros => micros(parseTimestampUs, text)

/** `2024-02-29T12:00:00.123456Z`, with none to six digits of a fraction, on a day that exists. */
export const Timestamp = timestampText()
/** `Sun Jun 03 17:59:37 +0000 2007`: the Twitter API of before 2023. */
export const ApiTime = schemaOf(apiMicros, 'Expected a time like Sun Jun 03 17:59:37 +0000 2007')
/** `6/3/07 17:59`, UTC: month first, as spreadsheets write it. */
export const ShortTime = schemaOf(shortMicros, 'Expected a time like 6/3/07 17:59')
/** `1340902233.0`: seconds since 1970 as text. */
export const EpochText = schemaOf(epochTextMicros, 'Expected seconds since 1970')

/** Seconds since 1970, a positive integer. */
export const EpochSeconds = v.custom<number>(
  (value) => Number.isInteger(value) && (value as number) > 0 && (value as number) <= LAST_SECOND,
  'Expected seconds since 1970, a positive integer',
)
/** Seconds since 1970, as a float. */
export const EpochFloat = v.custom<number>(
  (value) => typeof value === 'number' && value > 0 && value <= LAST_SECOND,
  'Expected seconds since 1970',
)

/** What a valid time is. Its schema has seen it before. */
export const micros = (parse: (text: string) => Micros | undefined, text: string): Micros =>
  parse(text)!

export const epochMicros = (seconds: number): Micros => {
  const total = Math.round(seconds * 1e6)
  return Number.isSafeInteger(total) ? total : BigInt(Math.round(seconds)) * 1_000_000n
}

export function apiMicros(text: string): Micros | undefined {
  const parts = API_TIME.exec(text)
  if (parts === null) return undefined
  const [, name, day, hour, minute, second, sign, offsetHours, offsetMinutes, year] = parts
  const month = MONTHS.indexOf(name!) + 1
  const local = utcMicros(+year!, month, +day!, +hour!, +minute!, +second!, 0)
  if (local === undefined) return undefined
  const offset = (+offsetHours! * 60 + +offsetMinutes!) * 60e6 * (sign === '-' ? -1 : 1)
  return typeof local === 'bigint' ? local - BigInt(offset) : local - offset
}

export function shortMicros(text: string): Micros | undefined {
  const parts = SHORT_TIME.exec(text)
  if (parts === null) return undefined
  const [, month, day, year, hour, minute] = parts
  return utcMicros(2000 + +year!, +month!, +day!, +hour!, +minute!, 0, 0)
}

export function epochTextMicros(text: string): Micros | undefined {
  if (!EPOCH_TEXT.test(text)) return undefined
  const seconds = Number(text)
  return seconds > 0 && seconds <= LAST_SECOND ? epochMicros(seconds) : undefined
}

const DAY = 86_400e6

/** The UTC day of an instant, `YYYY-MM-DD`. */
export const dayOf = (instant: Micros): string => dayText(Math.floor(Number(instant) / DAY))
