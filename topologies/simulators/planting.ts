import { hours, minutes } from '../../src/core/durations.ts'
import { eventTimeMs } from './activity.ts'
import { draws } from './draws.ts'

export type Platform = 'twitter' | 'reddit' | 'youtube'

/** Of each 13 events so many are of a platform. */
export const SHARES: Readonly<Record<Platform, number>> = { twitter: 10, reddit: 2, youtube: 1 }
export const ALL_SHARES = 13

/** Why a malformed record must be rejected. */
export type Fault = (typeof FAULTS)[number]

/** What must become of a record: a new row, nothing (a repeat), or a row of the quarantine. */
export type Fate = 'written' | 'duplicate' | Fault

/** What record `index` has to be. */
export interface Plan {
  readonly fate: Fate
  /** Which post it tells of: `index`, or that of the earlier record that it repeats. */
  readonly post: number
  /** When that post was made, in ms. */
  readonly timeMs: number
  /** It lies 30 minutes to 6 hours of event time behind its neighbours. */
  readonly late: boolean
  /** Likes since the post was first seen: a repeat is the same bytes, or the post with higher counts. */
  readonly gained: number
}

const FAULTS = ['broken_record', 'missing_id', 'bad_timestamp', 'negative_count'] as const

/** Of 10,000 records. */
const MALFORMED = 100
const LATE = 200
const REPEATED = 500
const ALL = 10_000

const LATE_FROM_MS = minutes(31)
const LATE_BELOW_MS = hours(6) - minutes(1)
const REPEATED_WITHIN_MS = minutes(29)
const TRIES = 3
/** How densely records lie is measured over so many. */
const STEPS = 64
/** One repeat in so many was counted again; the others are the same bytes. */
const COUNTED_AGAIN = 4

/**
 * Decides what each record of a platform is, from seed and index alone: 1 % malformed, in equal parts of
 * each fault; 2 % late; 5 % repeats of a record that was neither and came at most 30 minutes of event
 * time before; the rest in order of event time.
 *
 * What is decided here is stated in truth files beside the data: whoever changes it must give the files
 * other names.
 */
export function planting(seed: number, platform: Platform): (index: number) => Plan {
  const rolls = draws(seed, `${platform} roll`)
  const times = draws(seed, `${platform} time`)
  const repeats = draws(seed, `${platform} repeat`)
  const eventsARecord = ALL_SHARES / SHARES[platform]

  const clock = (position: number): number => eventTimeMs(position * eventsARecord)

  const timeOf = (index: number): number => {
    times.at(index)
    return clock(index + times.below(1024) / 1024)
  }

  const roll = (index: number): number => {
    rolls.at(index)
    return rolls.below(ALL)
  }

  const isOrdinary = (index: number): boolean => roll(index) >= MALFORMED + LATE + REPEATED

  /** Undefined where none of the records before is near enough: then `index` is an ordinary record. */
  const repeatedBy = (index: number): number | undefined => {
    if (index === 0) return undefined
    repeats.at(index)
    const nowMs = clock(index)
    const stepMs = Math.max(clock(index + STEPS) - nowMs, 1) / STEPS
    const reach = Math.min(index, Math.ceil(REPEATED_WITHIN_MS / stepMs))
    for (let tries = 0; tries < TRIES; tries++) {
      const post = index - 1 - repeats.below(reach)
      if (isOrdinary(post) && nowMs - timeOf(post) <= REPEATED_WITHIN_MS) return post
    }
    // However long ago the record before was, nothing newer came between.
    return isOrdinary(index - 1) ? index - 1 : undefined
  }

  const ordinary = (index: number): Plan => ({
    fate: 'written',
    post: index,
    timeMs: timeOf(index),
    late: false,
    gained: 0,
  })

  return (index) => {
    let left = roll(index)
    if (left < MALFORMED) {
      return { ...ordinary(index), fate: FAULTS[left % FAULTS.length]! }
    }
    left -= MALFORMED
    if (left < LATE) {
      if (clock(index) - clock(0) < LATE_BELOW_MS) return ordinary(index)
      const timeMs = timeOf(index) - LATE_FROM_MS - times.below(LATE_BELOW_MS - LATE_FROM_MS)
      return { ...ordinary(index), timeMs, late: true }
    }
    const post = left - LATE < REPEATED ? repeatedBy(index) : undefined
    if (post === undefined) return ordinary(index)
    const gained = repeats.oneIn(COUNTED_AGAIN) ? 1 + repeats.below(50) : 0
    return { fate: 'duplicate', post, timeMs: timeOf(post), late: false, gained }
  }
}
