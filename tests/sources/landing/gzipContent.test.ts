import { randomBytes } from 'node:crypto'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { gzipContent } from '../../../src/sources/landing/gzipContent.ts'
import { runningDigest } from '../../../src/sources/landing/runningDigest.ts'
import { memoryFile } from './memoryFile.ts'

const text = Buffer.from(randomBytes(150_000).toString('hex'))
const whole = gzipSync(text)

const read = async (file: Buffer, from = 0, fill = 1000) => {
  const digest = runningDigest()
  const content = gzipContent({ file: memoryFile(file, 50_000), size: file.length, from, digest })
  const parts: Buffer[] = []
  for (;;) {
    const part = Buffer.alloc(fill)
    const added = await content.fill(part, 0)
    parts.push(part.subarray(0, added))
    if (added < fill) break
  }
  await content.close()
  return { bytes: Buffer.concat(parts), damage: content.damage(), digested: digest.bytes }
}

describe('gzipContent', () => {
  it('gives what was compressed, and sees every byte of the file', async () => {
    const { bytes, damage, digested } = await read(whole)
    expect(bytes.equals(text)).toBe(true)
    expect([damage, digested]).toEqual([undefined, whole.length])
  })
  it('begins where it is told', async () => {
    expect((await read(whole, 123_456)).bytes.equals(text.subarray(123_456))).toBe(true)
  })
  it('reads members one behind the other, wherever they meet', async () => {
    for (let length = 32_740; length < 32_770; length += 5) {
      // Stored bytes: a member of a known length, to end around a piece that is read.
      const member = gzipSync(Buffer.alloc(length, 'x'), { level: 0 })
      const { bytes, damage } = await read(Buffer.concat([member, whole]))
      expect(damage).toBeUndefined()
      expect(bytes.subarray(length).equals(text)).toBe(true)
    }
  })
  it('takes zeros behind the last member for padding', async () => {
    const { bytes, damage } = await read(Buffer.concat([whole, Buffer.alloc(70_000)]))
    expect([bytes.length, damage]).toEqual([text.length, undefined])
  })
  it('gives everything in front of where it ends early', async () => {
    const { bytes, damage } = await read(whole.subarray(0, 100_000))
    expect(bytes.length).toBeGreaterThan(180_000)
    expect(bytes.equals(text.subarray(0, bytes.length))).toBe(true)
    expect(damage).toBe('the .gz ends early at byte 100000 of 100000')
  })
  it('gives every byte in front of damage', async () => {
    const stored = deflateRawSync(text, { level: 0 })
    const header = gzipSync('').subarray(0, 10)
    const file = Buffer.concat([header, stored])
    // The length of a stored block stands beside its complement.
    const block = stored.readUInt16LE(1)
    file.fill(0xff, 10 + 5 + block, 10 + 5 + block + 5)
    const { bytes, damage } = await read(file)
    expect(bytes.equals(text.subarray(0, block))).toBe(true)
    expect(damage).toMatch(/^the \.gz is damaged \(invalid .*\) at byte \d+ of \d+$/)
  })
  it('gives all that a wrong checksum is of', async () => {
    const file = Buffer.from(whole)
    file[whole.length - 6]! ^= 1
    const { bytes, damage } = await read(file)
    expect(bytes.equals(text)).toBe(true)
    expect(damage).toContain('incorrect data check')
  })
  it('says so where a file is none', async () => {
    const { bytes, damage } = await read(Buffer.from('{"a":1}\n'))
    expect(bytes).toHaveLength(0)
    expect(damage).toContain('incorrect header check')
  })
})
