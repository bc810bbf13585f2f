/** Draws uniform keys whose first word is not zero, the same in every run. */
export function randomKeys(): (count: number) => Int32Array {
  let [x, y, z, w] = [123456789, 362436069, 521288629, 88675123]
  return (count) => {
    const keys = new Int32Array(count * 4)
    for (let i = 0; i < keys.length; i++) {
      const t = x ^ (x << 11)
      x = y
      y = z
      z = w
      w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
      keys[i] = w || 1
    }
    return keys
  }
}
