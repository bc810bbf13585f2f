import { days, hours } from '../../src/core/durations.ts'

/** When the simulated world begins. */
export const STARTS_AT_MS = Date.UTC(2024, 5, 3)

/** How busy each hour of the day (UTC) is: quiet at night, a peak in the evening. */
const BUSY = [
  16, 10, 7, 5, 5, 7, 12, 20, 28, 34, 38, 42, 46, 46, 42, 40, 42, 48, 56, 64, 68, 60, 44, 28,
] as const
const BUSY_A_DAY = BUSY.reduce<number>((sum, busy) => sum + busy, 0)
const FIRST_DAY_EVENTS = 1000
const DAYS_A_TENFOLD = 3

/**
 * The event time at which event number `event` of the whole simulation happens, in ms; between two events
 * it is in between. It must not depend on how many events are asked for, since more may be asked for later;
 * and both few and many must fill days, not minutes or years. So the network grows: its first 1,000
 * events take one day, and each tenfold three more (100,000 events: seven days; 10 million: 13). Days in
 * between are alike, nights are quiet.
 *
 * @param event - any number of at least 0
 */
export function eventTimeMs(event: number): number {
  let from = 0
  let to = FIRST_DAY_EVENTS
  let day = 0
  let span = 1
  while (event >= to) {
    from = to
    to *= 10
    day += span
    span = DAYS_A_TENFOLD
  }
  const passed = day + (span * (event - from)) / (to - from)
  const whole = Math.floor(passed)
  return Math.floor(STARTS_AT_MS + days(whole) + hours(hourOfDay(passed - whole)))
}

/** The time of day, in hours, by which this share of a day's events has happened. */
function hourOfDay(share: number): number {
  let rest = share * BUSY_A_DAY
  let hour = 0
  while (hour < BUSY.length - 1 && rest >= BUSY[hour]!) rest -= BUSY[hour++]!
  return hour + rest / BUSY[hour]!
}
