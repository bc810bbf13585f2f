import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeLevels } from '../../../src/lake/parquet/levels.ts'

/** The levels in an encoded block, by the definition of the format. */
function decode(bytes: Uint8Array, count: number, bitWidth: number): number[] {
  const view = Buffer.from(bytes)
  const levels: number[] = []
  let at = 4
  expect(view.readUInt32LE()).toBe(bytes.length - 4)
  while (levels.length < count) {
    let head = 0
    for (let shift = 0; ; shift += 7) {
      const byte = view[at++]!
      head += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    if (head % 2 === 0) {
      levels.push(...new Array<number>(head / 2).fill(view[at++]!))
      continue
    }
    for (let group = 0; group < (head - 1) / 2; group++) {
      const bits = bitWidth === 1 ? view[at]! : view.readUInt16LE(at)
      at += bitWidth
      for (let i = 0; i < 8; i++) levels.push((bits >> (i * bitWidth)) & (2 ** bitWidth - 1))
    }
  }
  expect(at).toBe(bytes.length)
  return levels.slice(0, count)
}

test.each([1, 2] as const)('levels of %i bits read back as they were', (bitWidth) => {
  const run = fc.tuple(
    fc.integer({ min: 0, max: 2 ** bitWidth - 1 }),
    fc.integer({ min: 1, max: 20 }),
  )
  const runs = fc.array(run, { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(runs, (lengths) => {
      const levels = lengths.flatMap(([level, count]) => new Array<number>(count).fill(level))
      // The buffer is larger than what is in it, and not zero behind it.
      const buffer = Uint8Array.from([...levels, 3, 3, 3, 3, 3, 3, 3, 3, 3])
      const bytes = encodeLevels(buffer, levels.length, bitWidth)
      expect(decode(bytes, levels.length, bitWidth)).toEqual(levels)
    }),
  )
})

test('equal levels take a few bytes, however many they are', () => {
  const bytes = encodeLevels(1, 5000, 1)
  expect(bytes.length).toBeLessThan(10)
  expect(decode(bytes, 5000, 1)).toEqual(new Array(5000).fill(1))
})
