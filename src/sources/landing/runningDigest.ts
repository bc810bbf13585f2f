import { stripeTaker } from '../../core/digest/digestModule.ts'
import { lanesOf, STRIPE_BYTES, xxh64 } from '../../core/digest/xxh64.ts'

/** What identifies bytes seen so far: 128 bits, enough that two contents never share them by chance. */
export interface RunningDigest {
  /** How many bytes it has seen. */
  readonly bytes: number
  update(bytes: Uint8Array): void
  /** Of the bytes so far, 22 characters; more may follow. */
  value(): string
}

/** Two hashes of 64 bits; the second seed is any other number. */
const SEEDS = [0n, 0x9e3779b97f4a7c15n] as const
const CHARACTERS = 22

/**
 * A digest that can be asked at any point: XXH64, and the same with another seed and the
 * halves of words exchanged, in one pass of 5 GB/s. It is no checksum against
 * malice, but against chance.
 */
export function runningDigest(): RunningDigest {
  const take = stripeTaker()
  const lanes = lanesOf(SEEDS)
  /** Less than a stripe that waits for more. */
  const rest = new Uint8Array(STRIPE_BYTES)
  let fill = 0
  let seen = 0
  return {
    get bytes() {
      return seen
    },
    update(bytes) {
      seen += bytes.length
      let at = 0
      if (fill > 0) {
        at = Math.min(STRIPE_BYTES - fill, bytes.length)
        rest.set(bytes.subarray(0, at), fill)
        fill += at
        if (fill < STRIPE_BYTES) return
        take(lanes, rest)
        fill = 0
      }
      const end = bytes.length - ((bytes.length - at) % STRIPE_BYTES)
      if (end > at) take(lanes, bytes.subarray(at, end))
      rest.set(bytes.subarray(end))
      fill = bytes.length - end
    },
    value() {
      const hashes = SEEDS.map((seed, which) =>
        xxh64(lanes, which, seed, rest.subarray(0, fill), seen),
      )
      const bytes = Buffer.from(BigUint64Array.from(hashes).buffer)
      return bytes.toString('base64').slice(0, CHARACTERS)
    },
  }
}
