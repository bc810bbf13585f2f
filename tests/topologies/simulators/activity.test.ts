import fc from 'fast-check'
import { expect, test } from 'vitest'

import { days } from '../../../src/core/durations.ts'
import { eventTimeMs, STARTS_AT_MS } from '../../../topologies/simulators/activity.ts'
import { isoTime } from '../../../topologies/simulators/isoTime.ts'

test.each([
  [0, 0],
  [1000, 1],
  [10_000, 4],
  [40_000, 5],
  [100_000, 7],
  [10_000_000, 13],
])('%i events take %i days', (events, passed) => {
  expect(eventTimeMs(events)).toBe(STARTS_AT_MS + days(passed))
})

test('time never goes back', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1e4, noNaN: true }),
      (event, more) => eventTimeMs(event) <= eventTimeMs(event + more),
    ),
  )
})

test('writes times as Date does', () => {
  const iso = isoTime()
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date(2 ** 42), noInvalidDate: true }),
      (date) => {
        expect(iso(date.getTime())).toBe(date.toISOString())
      },
    ),
  )
})
