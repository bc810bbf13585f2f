/** A stream of random numbers for each index: the same in every process, in any order of indices. */
export interface Draws {
  /** Goes to the numbers of this index, from 0 to 2^31 − 1. */
  at(index: number): void
  /** The next one: an integer from 0 to `limit` − 1; `limit` is at most 2^31. */
  below(limit: number): number
  /** True once in `n` times. */
  oneIn(n: number): boolean
  /** An integer of at least 0: half of all are below `median`, one in 1000 is above 1000 times it. */
  heavyTail(median: number): number
}

const TAIL_STEPS = 2 ** 16
const WORD = 2 ** 32
/** 2^32 divided by the golden ratio: steps of this size visit every word before one comes again. */
const STEP = 0x9e3779b9

/**
 * Random numbers that depend on seed, purpose and index alone, a few nanoseconds each.
 *
 * @param seed - integer from 0 to 2^32 − 1
 * @param purpose - keeps the numbers of different uses apart
 */
export function draws(seed: number, purpose: string): Draws {
  let base = mix(seed ^ STEP)
  for (let at = 0; at < purpose.length; at++) base = mix(base + purpose.charCodeAt(at))
  let state = base

  const below = (limit: number): number => {
    state = (state + STEP) | 0
    return (((mix(state) >>> 0) * limit) / WORD) | 0
  }

  return {
    at: (index) => void (state = mix(base ^ mix(index + 1))),
    below,
    oneIn: (n) => below(n) === 0,
    heavyTail: (median) => {
      const rank = below(TAIL_STEPS)
      return Math.floor((median * rank) / (TAIL_STEPS - rank))
    },
  }
}

/** Scrambles 32 bits: one to one, and every bit of the input moves about half of the output. */
export function mix(word: number): number {
  let x = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}
