import { dropBuffer } from '../../core/bufferPool.ts'

/**
 * Room for keys, as they lie in the table, in the log and in a state object: four 32-bit words of
 * fingerprint, then, where the window is bounded, the event time as a 64-bit float. Little-endian, as
 * every machine that Node runs on.
 */
export interface Entries {
  readonly count: number
  /** The first word of an entry is zero where there is none. */
  readonly words: Int32Array
  /** The same memory as floats; only every third is a time, and none where the window is unbounded. */
  readonly times: Float64Array
}

const NO_TIMES = new Float64Array()

/** Words of one entry. */
export const wordsOf = (timed: boolean): number => (timed ? 6 : 4)

/** Gives the memory back at once; nobody may look at it any more. */
export const release = ({ words }: Entries): void => dropBuffer(words.buffer)

/** Free room for `count` keys. */
export function entries(count: number, timed: boolean): Entries {
  const words = new Int32Array(count * wordsOf(timed))
  return { count, words, times: timed ? new Float64Array(words.buffer) : NO_TIMES }
}
