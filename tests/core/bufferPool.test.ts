import { expect, test } from 'vitest'
import {
  dropBuffer,
  giveBuffer,
  growBuffer,
  keepBuffers,
  takeBuffer,
} from '../../src/core/bufferPool.ts'

test('lends powers of two, each with an ArrayBuffer of its own', () => {
  for (const bytes of [0, 1, 256, 257, 5000, 262_144, 5_000_000]) {
    const { length, byteOffset, buffer } = takeBuffer(bytes)
    expect(length).toBeGreaterThanOrEqual(Math.max(bytes, 256))
    expect(Math.log2(length) % 1).toBe(0)
    expect([byteOffset, buffer.byteLength]).toEqual([0, length])
  }
})

test('lends again what was given back, to one at a time', () => {
  const first = takeBuffer(3000)
  giveBuffer(first)
  expect(takeBuffer(2049)).toBe(first)
  expect(takeBuffer(2049)).not.toBe(first)
})

test.each([
  ['of another length', Buffer.allocUnsafeSlow(3000)],
  ['that are part of another', Buffer.allocUnsafeSlow(8192).subarray(0, 4096)],
  ['too large to be kept', Buffer.allocUnsafeSlow(2 ** 23)],
])('does not take buffers %s', (_, buffer) => {
  giveBuffer(buffer)
  expect(takeBuffer(buffer.length) === buffer).toBe(false)
})

test('keeps a bounded number of bytes', () => {
  const mib = Array.from({ length: 100 }, () => takeBuffer(2 ** 20))
  for (const buffer of mib) giveBuffer(buffer)
  const again = new Set(Array.from({ length: 100 }, () => takeBuffer(2 ** 20)))
  expect(mib.filter((buffer) => again.has(buffer)).length).toBeLessThanOrEqual(24)
})

test('keeps as many as it was told', () => {
  keepBuffers(3 * 2 ** 20)
  try {
    const mib = Array.from({ length: 100 }, () => takeBuffer(2 ** 20))
    for (const buffer of mib) giveBuffer(buffer)
    const again = new Set(Array.from({ length: 100 }, () => takeBuffer(2 ** 20)))
    expect(mib.filter((buffer) => again.has(buffer)).length).toBeLessThanOrEqual(3)
  } finally {
    keepBuffers()
  }
})

test('grows with what was used, and gives the smaller one back', () => {
  const small = takeBuffer(300)
  small.fill(7, 0, 300)
  const large = growBuffer(small, 10_000, 300)
  expect(large.length).toBe(16_384)
  expect(large.subarray(0, 300).every((byte) => byte === 7)).toBe(true)
  expect(takeBuffer(300)).toBe(small)
})

test('gives memory back at once where it is not kept', () => {
  const large = takeBuffer(2 ** 23)
  giveBuffer(large)
  expect(large.buffer.byteLength).toBe(0)
  const part = Buffer.from(new ArrayBuffer(512), 0, 256)
  giveBuffer(part)
  expect(part.buffer.byteLength).toBe(512)
  dropBuffer(part.buffer)
  expect(part.length).toBe(0)
})
