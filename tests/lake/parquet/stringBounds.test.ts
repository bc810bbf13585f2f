import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowerBound, upperBound } from '../../../src/lake/parquet/stringBounds.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((one) => one.isWellFormed())

test('bounds enclose the string by the order of its bytes and have 32 code points at most', () => {
  fc.assert(
    fc.property(text, (string) => {
      const utf8 = Buffer.from(string)
      const low = lowerBound(utf8)
      const high = upperBound(utf8)
      expect(Buffer.compare(Buffer.from(low), utf8)).toBeLessThanOrEqual(0)
      if (high !== undefined)
        expect(Buffer.compare(Buffer.from(high), utf8)).toBeGreaterThanOrEqual(0)
      expect([...low].length).toBeLessThanOrEqual(32)
      expect([...(high ?? '')].length).toBeLessThanOrEqual(32)
      if ([...string].length <= 32) expect([low, high]).toEqual([string, string])
    }),
  )
})

test('the bound above a long string is its beginning with the last code point raised', () => {
  expect(upperBound(Buffer.from('a'.repeat(40)))).toBe('a'.repeat(31) + 'b')
  expect(upperBound(Buffer.from('a'.repeat(31) + '\u{10ffff}z'))).toBe('a'.repeat(30) + 'b')
  expect(upperBound(Buffer.from('a'.repeat(31) + '\ud7ffz'))).toBe('a'.repeat(31) + '\ue000')
  expect(upperBound(Buffer.from('\u{10ffff}'.repeat(40)))).toBeUndefined()
})

test('a string that is cut inside a code point is bounded by whole ones', () => {
  const utf8 = Buffer.from('😀'.repeat(40))
  expect(lowerBound(utf8)).toBe('😀'.repeat(32))
  expect(upperBound(utf8)).toBe('😀'.repeat(31) + '😁')
})
