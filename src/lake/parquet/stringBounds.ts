const MAX_CODE_POINTS = 32
const LAST_CODE_POINT = 0x10ffff

/**
 * A short string that is not above a given one by the order of code points.
 *
 * @param utf8 a string's bytes
 * @returns its first 32 code points
 */
export const lowerBound = (utf8: Uint8Array): string => beginning(utf8).join('')

/**
 * A short string that is not below a given one by the order of code points, nor below any string that
 * begins with the same 32.
 *
 * @param utf8 a string's bytes
 * @returns the string itself where it is short; undefined where there is no such string
 */
export function upperBound(utf8: Uint8Array): string | undefined {
  const points = beginning(utf8)
  const text = points.join('')
  if (Buffer.byteLength(text) === utf8.length) return text
  for (let last = points.length - 1; last >= 0; last--) {
    const point = points[last]!.codePointAt(0)!
    if (point === LAST_CODE_POINT) continue
    // Surrogates are no code points of their own.
    const next = point + 1 === 0xd800 ? 0xe000 : point + 1
    return points.slice(0, last).join('') + String.fromCodePoint(next)
  }
  return undefined
}

function beginning(utf8: Uint8Array): string[] {
  // A code point has four bytes at most; a cut one at the end decodes to something beyond the 32nd.
  const text = Buffer.from(utf8.subarray(0, (MAX_CODE_POINTS + 1) * 4)).toString()
  return [...text].slice(0, MAX_CODE_POINTS)
}
