import { entries, release, wordsOf, type Entries } from './entries.ts'

/** A set of 128-bit fingerprints, each with an event time where the window is bounded. */
export interface FingerprintTable {
  /**
   * Adds the key at `keys[at .. at + 3]` unless one with the same fingerprint and an event time within
   * the window is there. The first word of a key is never zero.
   * @returns True if it was added.
   */
  add(keys: Int32Array, at: number, eventTimeMs: number): boolean
  /** Has the memory of these keys fetched at once, for `add` to find it in the cache. */
  warm(keys: Int32Array, from: number, to: number): void
  /** Keys whose event time lies before this one may be forgotten from now on. */
  forgetBefore(eventTimeMs: number): void
  size(): { readonly bytes: number; readonly keys: number }
  /** Hands all segments over, in order, and is empty then. */
  drain(): readonly Segment[]
}

/** Open addressing by `slotOf` the first word; a key belongs to the segment that its last word names. */
export interface Segment {
  slots: Entries
  used: number
}

/** A power of two: the lowest bits of a key's last word say in which it is. */
export const SEGMENTS = 64
const FIRST_CAPACITY = 64
/** Beyond it probes get long. */
const MAX_LOAD = 0.83
const GROWTH = { bounded: 1.35, unbounded: 1.45 }
const TWO_32 = 2 ** 32

/**
 * Open addressing in 64 segments that grow one by one, so that no moment needs twice the memory. Their sizes
 * are spread evenly over one step of growth: at any time a few are as full as they get, a few are new, and
 * together they take at most 23.8 bytes a key without times (39.1 with), plus 128 KiB. A segment that is
 * full first forgets what `forgetBefore` allows. Entries of one fingerprint lie side by side: a key that was
 * let through often within window and lateness takes that much longer to decide.
 *
 * @param windowMs - Keys whose event times are at most this far apart are the same; Infinity: always.
 */
export function fingerprintTable(windowMs: number): FingerprintTable {
  const timed = Number.isFinite(windowMs)
  const width = wordsOf(timed)
  const growth = timed ? GROWTH.bounded : GROWTH.unbounded
  const empty = (_: unknown, index: number): Segment => ({
    slots: entries(Math.floor(FIRST_CAPACITY * growth ** (index / SEGMENTS)), timed),
    used: 0,
  })
  let segments = Array.from({ length: SEGMENTS }, empty)
  let horizon = -Infinity
  // Read by nobody: what is computed for nothing would be left out by the compiler.
  let _fetched = 0

  const rebuild = (full: Segment): void => {
    const { count, words, times } = full.slots
    let kept = full.used
    if (timed) {
      kept = 0
      for (let slot = 0; slot < count; slot++) {
        if (words[slot * width] !== 0 && times[slot * 3 + 2]! >= horizon) kept++
      }
    }
    const slots = entries(Math.max(FIRST_CAPACITY, Math.ceil((kept * growth) / MAX_LOAD)), timed)
    const target = slots.words
    for (let slot = 0, from = 0; slot < count; slot++, from += width) {
      const a = words[from]!
      if (a === 0 || (timed && times[slot * 3 + 2]! < horizon)) continue
      const to = freeSlot(slots, width, a) * width
      target[to] = a
      target[to + 1] = words[from + 1]!
      target[to + 2] = words[from + 2]!
      target[to + 3] = words[from + 3]!
      if (timed) slots.times[to / 2 + 2] = times[slot * 3 + 2]!
    }
    release(full.slots)
    full.slots = slots
    full.used = kept
  }

  return {
    add(keys, at, eventTimeMs) {
      const a = keys[at]!
      const b = keys[at + 1]!
      const c = keys[at + 2]!
      const d = keys[at + 3]!
      const home = segments[d & (SEGMENTS - 1)]!
      const { count, words, times } = home.slots
      let slot = slotOf(a, count)
      for (;;) {
        const there = slot * width
        const found = words[there]!
        if (found === 0) break
        if (
          found === a &&
          words[there + 1] === b &&
          words[there + 2] === c &&
          words[there + 3] === d &&
          (!timed || Math.abs(times[slot * 3 + 2]! - eventTimeMs) <= windowMs)
        ) {
          return false
        }
        if (++slot === count) slot = 0
      }
      if (home.used + 1 > count * MAX_LOAD) {
        rebuild(home)
        slot = freeSlot(home.slots, width, a)
      }
      const { slots } = home
      const to = slot * width
      slots.words[to] = a
      slots.words[to + 1] = b
      slots.words[to + 2] = c
      slots.words[to + 3] = d
      if (timed) slots.times[slot * 3 + 2] = eventTimeMs
      home.used++
      return true
    },
    warm(keys, from, to) {
      let sum = 0
      for (let at = from; at < to; at += 4) {
        const { count, words } = segments[keys[at + 3]! & (SEGMENTS - 1)]!.slots
        sum ^= words[slotOf(keys[at]!, count) * width]!
      }
      _fetched ^= sum
    },
    forgetBefore(eventTimeMs) {
      horizon = Math.max(horizon, eventTimeMs)
    },
    size() {
      let bytes = 0
      let keys = 0
      for (const { slots, used } of segments) {
        bytes += slots.words.byteLength
        keys += used
      }
      return { bytes, keys }
    },
    drain() {
      const full = segments
      segments = Array.from({ length: SEGMENTS }, empty)
      return full
    },
  }
}

/** Where a key with this first word is looked for first, and from there on round to the first free slot. */
export const slotOf = (a: number, count: number): number => Math.floor(((a >>> 0) / TWO_32) * count)

function freeSlot({ count, words }: Entries, width: number, a: number): number {
  let slot = slotOf(a, count)
  while (words[slot * width] !== 0) if (++slot === count) slot = 0
  return slot
}
