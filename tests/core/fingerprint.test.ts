import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../src/core/fingerprint.ts'

const wordsOf = (key: string): number[] => {
  const out = new Uint32Array(4)
  fingerprint(key, out, 0)
  return [...out]
}
const hex = (key: string): string =>
  wordsOf(key)
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('')

describe('fingerprint', () => {
  // Made with Python's mmh3 5.3: hash_bytes(key.encode('utf-16-le'), 0, x64arch=False), as four words.
  test.each([
    ['a', '033bb196ccef4fe1ccef4fe1ccef4fe1'],
    ['abcdefg', '851fde5ef81a9aab2a351f32fa8e8ca7'],
    ['abcdefgh', '6c3576558df898a1a76d230d42147114'],
    ['abcdefghi', '17a3d73237eee48604d39ee1ee7f6ddc'],
    ['1529384756102938475', 'bce75144afb470a7c33a32a9b61054f7'],
    ['naïve ☕ 🎉', '1967e01dd21eb07569fce5f6cafd56c0'],
    ['The quick brown fox jumps over the lazy dog', '15beb6860f94f6cafed4894d28be6d5b'],
  ])('of %j is what another implementation says', (key, expected) => {
    expect(hex(key)).toBe(expected)
    expect(hexOf(murmur3(key))).toBe(expected)
  })

  test('never begins with a zero word: the empty key would', () => {
    expect(hex('')).toBe('00000001000000000000000000000000')
  })

  test('is MurmurHash3 x86_128 of the UTF-16 code units, for every length of the tail', () => {
    for (let length = 0; length <= 40; length++) {
      const key = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7) % 90))).join(
        '',
      )
      expect(hex(key), `length ${length}`).toBe(hexOf(murmur3(key)))
    }
  })

  test('is that of any string, lone surrogates and zeros included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (key) => {
        expect(hex(key)).toBe(hexOf(murmur3(key)))
      }),
    )
    for (const key of [
      '\0',
      '\0\0',
      '\ud800',
      '\udfff\ud800',
      'é',
      'e\u0301',
      '\uffff'.repeat(17),
    ]) {
      expect(hex(key)).toBe(hexOf(murmur3(key)))
    }
  })

  test('writes four words and nothing beside them', () => {
    const out = new Uint32Array(8).fill(7)
    fingerprint('1234567890', out, 2)
    expect([...out.subarray(0, 2), ...out.subarray(6)]).toEqual([7, 7, 7, 7])
    expect([...out.subarray(2, 6)]).toEqual(wordsOf('1234567890'))
  })

  test('differs between keys that look alike', () => {
    const alike = ['a', 'A', 'a\0', '\0a', 'aa', 'á', 'a ', '1', '01', '1.0', '10', 'x|1', 'x|11']
    expect(new Set(alike.map(hex)).size).toBe(alike.length)
  })

  test('has no collisions among a million keys, and spreads them evenly', () => {
    const count = 1_000_000
    const halves = [new Float64Array(count), new Float64Array(count)]
    const buckets = new Int32Array(4 * 256)
    const bits = new Int32Array(128)
    const out = new Uint32Array(4)
    for (let i = 0; i < count; i++) {
      fingerprint(`1700000000000${1_000_000 + i}`, out, 0)
      // Two words in one number: 53 of 64 bits are enough to tell a million apart by half.
      halves[0]![i] = (out[0]! >>> 11) * 2 ** 32 + out[1]!
      halves[1]![i] = (out[2]! >>> 11) * 2 ** 32 + out[3]!
      for (let word = 0; word < 4; word++) {
        buckets[word * 256 + (out[word]! >>> 24)]!++
        for (let b = 0; i < 20_000 && b < 32; b++) bits[word * 32 + b]! += (out[word]! >>> b) & 1
      }
    }
    const repeats = halves.map((half) => half.sort().filter((x, i) => x === half[i - 1]).length)
    expect(repeats).toEqual([0, 0])
    const expected = count / 256
    for (let word = 0; word < 4; word++) {
      const square = buckets
        .subarray(word * 256, word * 256 + 256)
        .reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
      // Chi-square with 255 degrees of freedom: 350 is passed by chance once in 30,000 times.
      expect(square).toBeLessThan(350)
    }
    for (const ones of bits) expect(Math.abs(ones - 10_000)).toBeLessThan(5 * 71)
  })
})

const hexOf = (hash: bigint): string => hash.toString(16).padStart(32, '0')

/** MurmurHash3 x86_128, seed 0, from its definition, over BigInt and bytes; then the first word made non-zero. */
function murmur3(key: string): bigint {
  const bytes = Buffer.from(key, 'utf16le')
  const mask = 0xffffffffn
  const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask
  const c = [0x239b961bn, 0xab0e9789n, 0x38b34ae5n, 0xa1e38b93n]
  const keyRotation = [15n, 16n, 17n, 18n]
  const hashRotation = [19n, 17n, 15n, 13n]
  const constant = [0x561ccd1bn, 0x0bcaa747n, 0x96cd1c35n, 0x32ac3b17n]
  const h = [0n, 0n, 0n, 0n]
  const mixKey = (k: bigint, lane: number): bigint =>
    (rotl((k * c[lane]!) & mask, keyRotation[lane]!) * c[(lane + 1) % 4]!) & mask

  const blocks = Math.floor(bytes.length / 16)
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < 4; lane++) {
      h[lane]! ^= mixKey(BigInt(bytes.readUInt32LE(block * 16 + lane * 4)), lane)
      const rotated = rotl(h[lane]!, hashRotation[lane]!) + h[(lane + 1) % 4]!
      h[lane] = (rotated * 5n + constant[lane]!) & mask
    }
  }
  const tail = Buffer.alloc(16)
  bytes.copy(tail, 0, blocks * 16)
  for (let lane = 3; lane >= 0; lane--)
    h[lane]! ^= mixKey(BigInt(tail.readUInt32LE(lane * 4)), lane)

  const spread = (): void => {
    h[0] = (h[0]! + h[1]! + h[2]! + h[3]!) & mask
    for (let lane = 1; lane < 4; lane++) h[lane] = (h[lane]! + h[0]) & mask
  }
  const finish = (x: bigint): bigint => {
    x = ((x ^ (x >> 16n)) * 0x85ebca6bn) & mask
    x = ((x ^ (x >> 13n)) * 0xc2b2ae35n) & mask
    return x ^ (x >> 16n)
  }
  for (let lane = 0; lane < 4; lane++) h[lane]! ^= BigInt(bytes.length)
  spread()
  h.forEach((x, lane) => (h[lane] = finish(x)))
  spread()
  if (h[0] === 0n) h[0] = 1n
  return (h[0]! << 96n) | (h[1]! << 64n) | (h[2]! << 32n) | h[3]!
}
