const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n

/** Bytes are taken so many at once, by four lanes. */
export const STRIPE_BYTES = 32
const LANES = 4

/**
 * The lanes of XXH64 before any byte, one seed's behind the other's. Those behind the first take words with their halves
 * exchanged: what cancels out in one hash does not in the other, which another seed alone would not do.
 */
export const lanesOf = (seeds: readonly bigint[]): BigUint64Array<ArrayBuffer> =>
  BigUint64Array.from(
    seeds.flatMap((seed) => [seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1]),
  )

/** Takes whole stripes into lanes; slow: `digestModule.ts` has the same in WebAssembly. */
export function takeStripes(lanes: BigUint64Array, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += STRIPE_BYTES) {
    for (let lane = 0; lane < lanes.length; lane++) {
      const word = view.getBigUint64(at + (lane % LANES) * 8, true)
      lanes[lane] = round(lanes[lane]!, lane < LANES ? word : rotated(word, 32n))
    }
  }
}

/**
 * The hash of what was taken and of the rest behind it, for one of the seeds: for the first XXH64.
 *
 * @param which - which of the seeds that the lanes are of
 * @param rest - less than a stripe
 * @param length - of all bytes
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function xxh64(
  lanes: BigUint64Array,
  which: number,
  seed: bigint,
  rest: Uint8Array,
  length: number,
): bigint {
  let hash = word64(seed + PRIME_5)
  if (length >= STRIPE_BYTES) {
    const own = [...lanes.subarray(which * LANES, (which + 1) * LANES)]
    hash = word64(own.reduce((sum, lane, at) => sum + rotated(lane, [1n, 7n, 12n, 18n][at]!), 0n))
    for (const lane of own) hash = word64((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4)
  }
  hash = word64(hash + BigInt(length))
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength)
  let at = 0
  for (; at + 8 <= rest.length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true))
    hash = word64(rotated(hash, 27n) * PRIME_1 + PRIME_4)
  }
  if (at + 4 <= rest.length) {
    hash ^= word64(BigInt(view.getUint32(at, true)) * PRIME_1)
    hash = word64(rotated(hash, 23n) * PRIME_2 + PRIME_3)
    at += 4
  }
  for (; at < rest.length; at++) {
    hash ^= word64(BigInt(rest[at]!) * PRIME_5)
    hash = word64(rotated(hash, 11n) * PRIME_1)
  }
  hash = word64((hash ^ (hash >> 33n)) * PRIME_2)
  hash = word64((hash ^ (hash >> 29n)) * PRIME_3)
  return hash ^ (hash >> 32n)
}

const word64 = (value: bigint): bigint => BigInt.asUintN(64, value)

const rotated = (word: bigint, bits: bigint): bigint =>
  word64(word << bits) | (word >> (64n - bits))

const round = (lane: bigint, word: bigint): bigint =>
  word64(rotated(word64(lane + word * PRIME_2), 31n) * PRIME_1)
