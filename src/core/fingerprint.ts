const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/**
 * Writes the 128-bit fingerprint of a key into `out[at .. at + 3]`: MurmurHash3 x86_128, seed 0, of the
 * string's UTF-16LE bytes. Among a billion different keys the odds of one false repeat are below 10⁻²⁰, as long
 * as nobody chooses keys in order to collide. The first word is never zero.
 *
 * @see https://github.com/aappleby/smhasher/wiki/MurmurHash3
 */
export function fingerprint(key: string, out: Uint32Array, at: number): void {
  const length = key.length
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  let i = 0
  for (const whole = length - 8; i <= whole; i += 8) {
    let k1 = key.charCodeAt(i) | (key.charCodeAt(i + 1) << 16)
    let k2 = key.charCodeAt(i + 2) | (key.charCodeAt(i + 3) << 16)
    let k3 = key.charCodeAt(i + 4) | (key.charCodeAt(i + 5) << 16)
    let k4 = key.charCodeAt(i + 6) | (key.charCodeAt(i + 7) << 16)
    k1 = Math.imul(k1, C1)
    h1 ^= Math.imul((k1 << 15) | (k1 >>> 17), C2)
    h1 = (Math.imul((((h1 << 19) | (h1 >>> 13)) + h2) | 0, 5) + 0x561ccd1b) | 0
    k2 = Math.imul(k2, C2)
    h2 ^= Math.imul((k2 << 16) | (k2 >>> 16), C3)
    h2 = (Math.imul((((h2 << 17) | (h2 >>> 15)) + h3) | 0, 5) + 0x0bcaa747) | 0
    k3 = Math.imul(k3, C3)
    h3 ^= Math.imul((k3 << 17) | (k3 >>> 15), C4)
    h3 = (Math.imul((((h3 << 15) | (h3 >>> 17)) + h4) | 0, 5) + 0x96cd1c35) | 0
    k4 = Math.imul(k4, C4)
    h4 ^= Math.imul((k4 << 18) | (k4 >>> 14), C1)
    h4 = (Math.imul((((h4 << 13) | (h4 >>> 19)) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  const rest = length - i
  if (rest > 6) h4 ^= lane(pair(key, i + 6, length), C4, 18, C1)
  if (rest > 4) h3 ^= lane(pair(key, i + 4, length), C3, 17, C4)
  if (rest > 2) h2 ^= lane(pair(key, i + 2, length), C2, 16, C3)
  if (rest > 0) h1 ^= lane(pair(key, i, length), C1, 15, C2)

  const bytes = length * 2
  h1 ^= bytes
  h2 ^= bytes
  h3 ^= bytes
  h4 ^= bytes
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  out[at] = h1 === 0 ? 1 : h1
  out[at + 1] = h2
  out[at + 2] = h3
  out[at + 3] = h4
}

const pair = (key: string, i: number, length: number): number =>
  key.charCodeAt(i) | (i + 1 < length ? key.charCodeAt(i + 1) << 16 : 0)

const lane = (word: number, first: number, shift: number, second: number): number => {
  const mixed = Math.imul(word, first)
  return Math.imul((mixed << shift) | (mixed >>> (32 - shift)), second)
}

const finish = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
