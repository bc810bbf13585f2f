import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { timestamp, timestampText } from '../../src/core/columnSchemas.ts'
import { microsOf } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { RowStore } from '../../src/core/rows/rowStore.ts'
import { parseTimestampUs, utcMicros } from '../../src/core/timestamp.ts'
import { compileRowReader } from '../../src/operators/decode/rows/rowReader.ts'
import { batchOf } from '../operators/decode/rows/readRows.ts'

const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') }
const dates = fc.date({ ...years, noInvalidDate: true })

const Timed = v.object({ at: timestampText() })
const toMicros = projection(Timed, v.object({ at: timestamp() }), ({ at }) => ({
  at: microsOf(at),
}))

/** What a record's bytes say, NaN where that is left to others. */
function readBytes(text: string): number {
  const reader = compileRowReader(Timed, toMicros)!
  const store = new RowStore(reader.layout)
  const batch = batchOf([Buffer.from(JSON.stringify({ at: text }))])
  store.open(batch.bytes)
  return reader.read(store, batch, 0) === 1 ? store.numbers[0]! : NaN
}

/** What the text is, and its bytes, which must be the same. */
function read(text: string): number | bigint | undefined {
  const found = parseTimestampUs(text)
  expect(readBytes(text), text).toBe(typeof found === 'number' ? found : NaN)
  return found
}

test('reads every millisecond as Date does', () => {
  fc.assert(
    fc.property(dates, (date) => {
      expect(Number(BigInt(read(date.toISOString())!) / 1000n)).toBe(date.getTime())
    }),
    { numRuns: 2000 },
  )
})

test('reads one to six digits of a fraction, every microsecond exact', () => {
  fc.assert(
    fc.property(dates, fc.stringMatching(/^\d{1,6}$/), (date, fraction) => {
      const text = `${date.toISOString().slice(0, 19)}.${fraction}Z`
      const micros = BigInt(fraction.padEnd(6, '0'))
      const seconds = BigInt(Math.floor(date.getTime() / 1000))
      expect(BigInt(read(text)!)).toBe(seconds * 1_000_000n + micros)
    }),
  )
})

test('gives a number as long as numbers are exact', () => {
  expect(read('1970-01-01T00:00:00Z')).toBe(0)
  expect(read('1969-12-31T23:59:59.999999Z')).toBe(-1)
  expect(read('2024-02-29T12:00:00.25Z')).toBe(1_709_208_000_250_000)
  expect(read('9999-12-31T23:59:59.999999Z')).toBe(253_402_300_799_999_999n)
})

test('refuses days and times that do not exist', () => {
  const refused = [
    ...['2024-02-30', '2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '2024-00-10'],
    ...['2024-01-00', '2024-01-32', '0000-01-01', '0000-12-31'],
  ].map((day) => `${day}T00:00:00Z`)
  refused.push(...['24:00:00', '23:60:00', '23:59:60'].map((time) => `2024-01-01T${time}Z`))
  for (const text of refused) expect(read(text), text).toBeUndefined()
  for (const day of ['2024-02-29', '2000-02-29', '2024-12-31']) {
    expect(read(`${day}T23:59:59Z`), day).toBeDefined()
  }
})

test('refuses every other notation', () => {
  const refused = [
    ...['', 'not-a-date', '2024-01-01', '2024-01-01T00:00Z', '2024-01-01T00:00:00'],
    ...['2024-01-01T00:00:00+00:00', '2024-01-01T00:00:00z', '2024-01-01 00:00:00Z'],
    ...['2024-01-01T00:00:00.Z', '2024-01-01T00:00:00.1234567Z', '2024-01-01T00:00:00,5Z'],
    ...[' 2024-01-01T00:00:00Z', '2024-01-01T00:00:00Z ', '+002024-01-01T00:00:00Z'],
    ...['2024-1-01T00:00:00.0Z', '2024-01-01T0a:00:00Z', '2024-01-01T00:00:00.-1Z'],
    ...['2024/01/01T00:00:00Z', '２０２４-01-01T00:00:00Z'],
  ]
  for (const text of refused) expect(read(text), text).toBeUndefined()
})

test('refuses what a date with one character changed no longer is', () => {
  const change = fc.tuple(fc.nat(26), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
  fc.assert(
    fc.property(dates, change, (date, [at, character]) => {
      const text = `${date.toISOString().slice(0, 23)}123Z`
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      const exact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(changed)
      if (!exact) expect(read(changed)).toBeUndefined()
    }),
  )
})

test('utcMicros counts months and days from 1, and refuses parts that are no numbers', () => {
  expect(utcMicros(1970, 1, 2, 0, 0, 0, 5)).toBe(86_400_000_005)
  expect(utcMicros(1970, 1, NaN, 0, 0, 0, 0)).toBeUndefined()
  expect(utcMicros(10_000, 1, 1, 0, 0, 0, 0)).toBeUndefined()
})
