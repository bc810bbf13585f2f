// The loop of `src/core/digest/xxh64.ts`, which says what it computes. Compiled by `npm run build:wasm`.

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f

/** Where the eight lanes are, and behind them the bytes. */
export const LANES_AT: usize = 1024
export const BYTES_AT: usize = 2048

/** Takes whole stripes of 32 bytes into the lanes. */
export function stripes(length: usize): void {
  let a1 = load<u64>(LANES_AT)
  let a2 = load<u64>(LANES_AT, 8)
  let a3 = load<u64>(LANES_AT, 16)
  let a4 = load<u64>(LANES_AT, 24)
  let b1 = load<u64>(LANES_AT, 32)
  let b2 = load<u64>(LANES_AT, 40)
  let b3 = load<u64>(LANES_AT, 48)
  let b4 = load<u64>(LANES_AT, 56)
  for (let at = BYTES_AT; at < BYTES_AT + length; at += 32) {
    const word1 = load<u64>(at)
    const word2 = load<u64>(at, 8)
    const word3 = load<u64>(at, 16)
    const word4 = load<u64>(at, 24)
    a1 = rotl<u64>(a1 + word1 * PRIME_2, 31) * PRIME_1
    a2 = rotl<u64>(a2 + word2 * PRIME_2, 31) * PRIME_1
    a3 = rotl<u64>(a3 + word3 * PRIME_2, 31) * PRIME_1
    a4 = rotl<u64>(a4 + word4 * PRIME_2, 31) * PRIME_1
    b1 = rotl<u64>(b1 + rotl<u64>(word1, 32) * PRIME_2, 31) * PRIME_1
    b2 = rotl<u64>(b2 + rotl<u64>(word2, 32) * PRIME_2, 31) * PRIME_1
    b3 = rotl<u64>(b3 + rotl<u64>(word3, 32) * PRIME_2, 31) * PRIME_1
    b4 = rotl<u64>(b4 + rotl<u64>(word4, 32) * PRIME_2, 31) * PRIME_1
  }
  store<u64>(LANES_AT, a1)
  store<u64>(LANES_AT, a2, 8)
  store<u64>(LANES_AT, a3, 16)
  store<u64>(LANES_AT, a4, 24)
  store<u64>(LANES_AT, b1, 32)
  store<u64>(LANES_AT, b2, 40)
  store<u64>(LANES_AT, b3, 48)
  store<u64>(LANES_AT, b4, 56)
}
