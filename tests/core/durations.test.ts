import { expect, test } from 'vitest'
import { days, hours, minutes, seconds } from '../../src/core/durations.ts'

test('durations are milliseconds', () => {
  expect([seconds(2), minutes(1.5), hours(24), days(7)]).toEqual([
    2000, 90_000, 86_400_000, 604_800_000,
  ])
  expect(days(1)).toBe(hours(24))
  expect(hours(Infinity)).toBe(Infinity)
})
