import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import {
  apiMicros,
  dayOf,
  EpochFloat,
  epochMicros,
  EpochSeconds,
  EpochText,
  epochTextMicros,
  shortMicros,
  Timestamp,
} from '../../../topologies/formats/times.ts'

const utcUs = (iso: string): number => Date.parse(iso) * 1000

describe('the time of the Twitter API', () => {
  test('is read with its offset', () => {
    expect(apiMicros('Sun Jun 03 17:59:37 +0000 2007')).toBe(utcUs('2007-06-03T17:59:37Z'))
    expect(apiMicros('Mon Jun 04 01:29:37 +0730 2007')).toBe(utcUs('2007-06-03T17:59:37Z'))
    expect(apiMicros('Sun Jun 03 10:59:37 -0700 2007')).toBe(utcUs('2007-06-03T17:59:37Z'))
  })

  test('must be a time that exists, in this notation', () => {
    const refused = [
      ...['Sun Feb 30 17:59:37 +0000 2007', 'Sun Jum 03 17:59:37 +0000 2007', ''],
      ...['Sun Jun 03 24:00:00 +0000 2007', 'Jun 03 17:59:37 +0000 2007', '2007-06-03T17:59:37Z'],
    ]
    for (const text of refused) expect(apiMicros(text), text).toBeUndefined()
  })
})

describe('the time of spreadsheets', () => {
  test('is month, day and short year, UTC', () => {
    expect(shortMicros('10/23/17 11:53')).toBe(utcUs('2017-10-23T11:53:00Z'))
    expect(shortMicros('1/2/17 9:05')).toBe(utcUs('2017-01-02T09:05:00Z'))
    expect(shortMicros('2/29/16 0:00')).toBe(utcUs('2016-02-29T00:00:00Z'))
  })

  test('must be a time that exists, in this notation', () => {
    for (const text of [
      '23/10/17 11:53',
      '2/29/17 0:00',
      '1/2/17',
      '1/2/2017 9:05',
      '1/2/17 9:5',
    ]) {
      expect(shortMicros(text), text).toBeUndefined()
    }
  })
})

describe('seconds since 1970', () => {
  test('as text, with a fraction or without', () => {
    expect(epochTextMicros('1340902233.0')).toBe(1_340_902_233_000_000)
    expect(epochTextMicros('1340902233')).toBe(1_340_902_233_000_000)
    expect(epochTextMicros('1340902233.25')).toBe(1_340_902_233_250_000)
    for (const text of ['', '0', '-1', '1e9', 'yesterday', '253402300800', '1340902233000']) {
      expect(v.is(EpochText, text), text).toBe(false)
    }
  })

  test('as a number: positive, an integer where the format says so, before the year 10000', () => {
    for (const seconds of [0, -1, 253_402_300_800, Infinity, NaN, '1717372800', null]) {
      expect(v.is(EpochSeconds, seconds)).toBe(false)
      expect(v.is(EpochFloat, seconds)).toBe(false)
    }
    expect([v.is(EpochSeconds, 1.5), v.is(EpochFloat, 1.5)]).toEqual([false, true])
    expect(v.is(EpochSeconds, 253_402_300_799)).toBe(true)
    expect(epochMicros(253_402_300_799)).toBe(253_402_300_799_000_000n)
  })
})

test('days are those of UTC, before 1970 too', () => {
  fc.assert(
    fc.property(
      fc.array(fc.date({ noInvalidDate: true, max: new Date('9999-12-31') })),
      (dates) => {
        for (const date of dates.filter((one) => one.getUTCFullYear() >= 0)) {
          expect(dayOf(BigInt(date.getTime()) * 1000n)).toBe(date.toISOString().slice(0, 10))
        }
      },
    ),
  )
  expect(dayOf(-1)).toBe('1969-12-31')
  expect(dayOf(0)).toBe('1970-01-01')
})

test('a timestamp is text', () => {
  expect(v.is(Timestamp, 1_717_372_800)).toBe(false)
  expect(v.is(Timestamp, '2024-06-03T00:00:00.123456Z')).toBe(true)
})
