import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unpackLz4 } from '../../../src/kafka/wire/lz4.ts'
import { unpackSnappy } from '../../../src/kafka/wire/snappy.ts'
import { unpack } from '../../../src/kafka/wire/unpack.ts'

/** 70,000 bytes, packed by snappy-java, lz4-java and liblz4. */
const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../fixtures/kafka', name))
const SHA_256 = '3a5bb84472dea0ab3bacdbb440cb5b721d0cfa5de43a6ae48a25142a72380ef5'
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

test.each([
  [2, 'text.snappy'],
  [2, 'text.java.snappy'],
  [3, 'text.lz4'],
  [3, 'text.linked.lz4'],
])('unpacks what others packed: codec %i, %s', async (codec, name) => {
  expect(digest(await unpack(codec, fixture(name)))).toBe(SHA_256)
})

test('unpacks gzip and zstd', async () => {
  const text = Buffer.from('sluicebox '.repeat(1000))
  expect(await unpack(1, gzipSync(text))).toEqual(text)
  expect(await unpack(4, zstdCompressSync(text))).toEqual(text)
})

test('unpacks nothing', async () => {
  expect(await unpack(2, Buffer.from([0]))).toHaveLength(0)
  expect(await unpack(1, gzipSync(''))).toHaveLength(0)
})

test('refuses a compression that it does not know', async () => {
  await expect(unpack(5, Buffer.alloc(1))).rejects.toThrow('compression 5 is unknown')
})

test.each([
  ['Snappy', unpackSnappy, 'text.snappy'],
  ['framed Snappy', unpackSnappy, 'text.java.snappy'],
  ['LZ4', unpackLz4, 'text.linked.lz4'],
])('never runs away with damaged %s', (_, unpackOne, name) => {
  const sound = fixture(name)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 5 }),
      fc.nat(sound.length),
      (changes, length) => {
        const damaged = Buffer.from(sound.subarray(0, length))
        for (const [at, byte] of changes) if (at < length) damaged[at] = byte
        try {
          expect(unpackOne(damaged).length).toBeLessThanOrEqual(2 ** 30)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      },
    ),
    { numRuns: 200 },
  )
})
