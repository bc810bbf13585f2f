import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stripeTaker } from '../../../src/core/digest/digestModule.ts'
import { lanesOf, STRIPE_BYTES, takeStripes, xxh64 } from '../../../src/core/digest/xxh64.ts'
import { runningDigest } from '../../../src/sources/landing/runningDigest.ts'

const SEED = 2654435761n

/** XXH64 by the slow way alone. */
function hashOf(bytes: Uint8Array, seed: bigint): bigint {
  const lanes = lanesOf([seed])
  const end = bytes.length - (bytes.length % STRIPE_BYTES)
  takeStripes(lanes, bytes.subarray(0, end))
  return xxh64(lanes, 0, seed, bytes.subarray(end), bytes.length)
}

/** Of the implementation that defines it. */
test.each([
  ['', 0n, 0xef46db3751d8e999n],
  ['a', 0n, 0xd24ec4f1a98c6e5bn],
  ['abc', 0n, 0x44bc2cf5ad770999n],
  ['xxhash', 20141025n, 0xb559b98d844e0635n],
  ['Nobody inspects the spammish repetition', 0n, 0xfbcea83c8a378bf1n],
])('%j with seed %d is what the reference says', (text, seed, hash) => {
  expect(hashOf(Buffer.from(text), seed)).toBe(hash)
})

/** The bytes of the reference's own check. */
function sanityBytes(length: number): Uint8Array {
  let state = SEED
  return Uint8Array.from({ length }, () => {
    const byte = Number(state >> 56n)
    state = BigInt.asUintN(64, state * 11400714785074694797n)
    return byte
  })
}

test.each([
  [14, 0n, 0x8282dcc4994e35c8n],
  [14, SEED, 0xc3bd6bf63deb6df0n],
  [222, 0n, 0xb641ae8cb691c174n],
  [222, SEED, 0x20cb8ab7ae10c14an],
])('%i bytes of the reference with seed %d', (length, seed, hash) => {
  expect(hashOf(sanityBytes(length), seed)).toBe(hash)
})

test('what collides in the first hash does not in the second', () => {
  const bytes = sanityBytes(256)
  const view = new DataView(bytes.buffer)
  const halves = (): string[] => {
    const digest = runningDigest()
    digest.update(bytes)
    const both = Buffer.from(digest.value(), 'base64')
    return [both.toString('hex', 0, 8), both.toString('hex', 8)]
  }
  const [first, second] = halves()
  expect(first!.slice(0, 12)).not.toBe(second!.slice(0, 12))
  // Another word in one lane, and in its next one what takes that back.
  const laneAfter = (): bigint => {
    const lanes = lanesOf([0n])
    takeStripes(lanes, bytes.subarray(0, STRIPE_BYTES))
    return lanes[0]!
  }
  const before = laneAfter()
  view.setBigUint64(0, view.getBigUint64(0, true) ^ 1n, true)
  const difference = before - laneAfter()
  // 1 / PRIME_2, modulo 2^64.
  const inverse = 0x0ba79078168d4bafn
  const next = view.getBigUint64(STRIPE_BYTES, true) + difference * inverse
  view.setBigUint64(STRIPE_BYTES, BigInt.asUintN(64, next), true)
  const [again, other] = halves()
  expect(again).toBe(first)
  expect(other).not.toBe(second)
})

test('WebAssembly takes stripes as it is defined, however many', () => {
  const take = stripeTaker()
  expect(take).not.toBe(takeStripes)
  const stripes = fc.integer({ min: 1, max: 50 })
  fc.assert(
    fc.property(stripes, fc.infiniteStream(fc.nat(255)), (count, stream) => {
      const bytes = Uint8Array.from([...stream.take(count * STRIPE_BYTES)])
      const [fast, slow] = [lanesOf([0n, SEED]), lanesOf([0n, SEED])]
      take(fast, bytes)
      takeStripes(slow, bytes)
      expect(fast).toEqual(slow)
    }),
    { numRuns: 50 },
  )
})

test('pieces give the digest of the whole, wherever they are cut, and at any point', () => {
  const bytes = Buffer.alloc((2 << 20) + 77, 'some text that goes on and on, ')
  const digestOf = (...pieces: Uint8Array[]): string => {
    const digest = runningDigest()
    for (const piece of pieces) {
      digest.update(piece)
      digest.value()
    }
    return digest.value()
  }
  const whole = digestOf(bytes)
  expect(whole).toHaveLength(22)
  const places = fc.uniqueArray(fc.oneof(fc.nat(100), fc.nat(bytes.length)), { maxLength: 8 })
  fc.assert(
    fc.property(places, (cuts) => {
      const sorted = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const pieces = sorted.slice(1).map((to, at) => bytes.subarray(sorted[at], to))
      expect(digestOf(...pieces)).toBe(whole)
    }),
    { numRuns: 30 },
  )
  const changed = Buffer.from(bytes)
  changed[1_000_000]! ^= 1
  expect(digestOf(changed)).not.toBe(whole)
  expect(digestOf(bytes.subarray(1))).not.toBe(whole)
})
