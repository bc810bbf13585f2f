/** A set of 128-bit fingerprints, each with an event time where the window is bounded. */
export interface FingerprintTable {
  /**
   * Adds a key unless one with the same fingerprint and an event time within the window is there.
   * @returns True if it was added.
   */
  add(a: number, b: number, c: number, d: number, eventTimeMs: number): boolean
  /** Keys whose event time lies before this one may be forgotten from now on. */
  forgetBefore(eventTimeMs: number): void
  size(): { readonly bytes: number; readonly keys: number }
}

interface Segment {
  /** Four words a slot, all zero where it is free. */
  words: Uint32Array
  /** Event time a slot; empty where the window is unbounded. */
  times: Float64Array
  capacity: number
  used: number
}

const SEGMENTS = 256
const FIRST_CAPACITY = 64
/** Probe lengths explode beyond this; below GROWTH × this, memory is wasted. */
const MAX_LOAD = 0.85
const GROWTH = 1.2
const TWO_32 = 4294967296

/**
 * Open addressing in 256 segments that grow one by one, so that no moment needs twice the memory.
 * Between 0.71 and 0.85 of the slots are used: at most 22.6 bytes a key without times (33.9 with), plus
 * 256 KiB (384 KiB). A segment that is full first forgets what `forgetBefore` allows.
 *
 * @param windowMs - Keys whose event times are at most this far apart are the same; Infinity: always.
 */
export function fingerprintTable(windowMs: number): FingerprintTable {
  const timed = Number.isFinite(windowMs)
  const segments = Array.from({ length: SEGMENTS }, () => segment(FIRST_CAPACITY, timed))
  let horizon = -Infinity

  const makeRoom = (full: Segment): void => {
    let kept = full.used
    if (timed) {
      kept = 0
      for (let slot = 0; slot < full.capacity; slot++) {
        if (!isFree(full.words, slot * 4) && full.times[slot]! >= horizon) kept++
      }
    }
    const needed = Math.ceil((kept + 1) / (MAX_LOAD / GROWTH))
    const next = segment(Math.max(FIRST_CAPACITY, needed), timed)
    for (let slot = 0; slot < full.capacity; slot++) {
      const at = slot * 4
      if (isFree(full.words, at) || (timed && full.times[slot]! < horizon)) continue
      const free = freeSlot(next, full.words[at]!)
      for (let word = 0; word < 4; word++) next.words[free * 4 + word] = full.words[at + word]!
      if (timed) next.times[free] = full.times[slot]!
    }
    full.words = next.words
    full.times = next.times
    full.capacity = next.capacity
    full.used = kept
  }

  return {
    add(a, b, c, d, eventTimeMs) {
      const home = segments[d & (SEGMENTS - 1)]!
      const { words, times, capacity } = home
      let slot = Math.floor((a / TWO_32) * capacity)
      for (;;) {
        const at = slot * 4
        if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) {
          if (!timed || Math.abs(times[slot]! - eventTimeMs) <= windowMs) return false
        } else if (isFree(words, at)) break
        if (++slot === capacity) slot = 0
      }
      if (home.used + 1 > capacity * MAX_LOAD) {
        makeRoom(home)
        slot = freeSlot(home, a)
      }
      const at = slot * 4
      home.words[at] = a
      home.words[at + 1] = b
      home.words[at + 2] = c
      home.words[at + 3] = d
      if (timed) home.times[slot] = eventTimeMs
      home.used++
      return true
    },
    forgetBefore(eventTimeMs) {
      horizon = Math.max(horizon, eventTimeMs)
    },
    size() {
      let bytes = 0
      let keys = 0
      for (const { words, times, used } of segments) {
        bytes += words.byteLength + times.byteLength
        keys += used
      }
      return { bytes, keys }
    },
  }
}

const segment = (capacity: number, timed: boolean): Segment => ({
  words: new Uint32Array(capacity * 4),
  times: new Float64Array(timed ? capacity : 0),
  capacity,
  used: 0,
})

const isFree = (words: Uint32Array, at: number): boolean =>
  words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 0

function freeSlot({ words, capacity }: Segment, a: number): number {
  let slot = Math.floor((a / TWO_32) * capacity)
  while (!isFree(words, slot * 4)) if (++slot === capacity) slot = 0
  return slot
}
