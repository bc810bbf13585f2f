import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBatchHeader } from '../../../src/kafka/wire/batchHeader.ts'
import { valueList } from '../../../src/sources/kafka/valueList.ts'
import type { OpenRecords, Values } from '../../../src/sources/kafka/valueList.ts'
import { recordBatches } from '../../kafka/recordBatches.ts'
import type { TestRecord } from '../../kafka/recordBatches.ts'

const MIB = 1 << 20
const NEVER = (): boolean => false
const bytes = (text: string): Buffer => Buffer.from(text)

async function open(...records: readonly TestRecord[]): Promise<OpenRecords> {
  const batch = Buffer.from(new Uint8Array(await recordBatches({ records })).buffer)
  const { recordsAt, records: left, baseOffset } = readBatchHeader(batch, 0)!
  return { bytes: batch, baseOffset, at: recordsAt, left }
}
const valuesOf = ({ bytes: all, bounds }: Values): string[] =>
  Array.from({ length: bounds.length / 2 }, (_, n) =>
    Buffer.from(all.subarray(bounds[2 * n], bounds[2 * n + 1])).toString(),
  )
const numbered = (count: number, from = 0): TestRecord[] =>
  Array.from({ length: count }, (_, n) => ({ offset: from + n, value: bytes(`value ${from + n}`) }))

test('hands values over as they are, keys and headers left out', async () => {
  const list = valueList(MIB, MIB)
  const records = await open(
    { offset: 5, key: bytes('k'), value: bytes('one') },
    { offset: 6, value: bytes('') },
    { offset: 7, value: bytes('two') },
  )
  expect(list.take(records, 5, Infinity)).toBe(8)
  const values = list.finish(NEVER)
  expect(valuesOf(values)).toEqual(['one', '', 'two'])
  expect(values).toMatchObject({ baseOffset: 5, special: [] })
  expect(values.offsets).toBeUndefined()
})

test('numbers records one by one where offsets are missing between them', async () => {
  const list = valueList(MIB, MIB)
  list.take(await open({ offset: 1, value: bytes('a') }, { offset: 4, value: bytes('b') }), 0, 9)
  expect(list.finish(NEVER).offsets).toEqual(Float64Array.of(1, 4))
})

test('keeps what belongs to nulls and to values with headers', async () => {
  const list = valueList(MIB, MIB)
  const headers = { a: bytes('1'), b: [bytes('2'), bytes('3')] }
  const records = await open(
    { offset: 0, key: bytes('gone'), value: null },
    { offset: 1, value: bytes('plain') },
    { offset: 2, value: bytes('more'), headers },
  )
  list.take(records, 0, Infinity)
  const values = list.finish(NEVER)
  expect(valuesOf(values)).toEqual(['', 'plain', 'more'])
  const plain = (text: string): Uint8Array => new Uint8Array(bytes(text))
  expect(values.special).toEqual([
    { index: 0, isNull: true, key: plain('gone'), headers: [] },
    {
      index: 2,
      isNull: false,
      key: null,
      headers: [
        ['a', plain('1')],
        ['b', plain('2')],
        ['b', plain('3')],
      ],
    },
  ])
})

test('begins and ends in the middle of a batch', async () => {
  const records = await open(...numbered(10))
  const list = valueList(MIB, MIB)
  expect(list.take(records, 3, 6)).toBe(6)
  expect(valuesOf(list.finish(NEVER))).toEqual(['value 3', 'value 4', 'value 5'])
})

test('gives its buffer away where nobody reads on in it', async () => {
  const records = await open(...numbered(100))
  const list = valueList(MIB, MIB)
  list.take(records, 0, Infinity)
  const values = list.finish((buffer) => buffer === records.bytes)
  expect(values.bytes.buffer).toBe(records.bytes.buffer)
  expect(valuesOf(values)).toEqual(numbered(100).map(({ value }) => String(value)))
})

test('copies what somebody else reads on in', async () => {
  const records = await open(...numbered(100))
  const list = valueList(300, MIB)
  const next = list.take(records, 0, Infinity)
  const values = list.finish((buffer) => buffer !== records.bytes)
  expect(next).toBeLessThan(100)
  expect(values.bytes.buffer).not.toBe(records.bytes.buffer)
})

test('stops in front of a value that is too long, and takes it alone', async () => {
  const records = await open(
    { offset: 0, value: bytes('short') },
    { offset: 1, value: bytes('x'.repeat(100)) },
    { offset: 2, value: bytes('short again') },
  )
  const before = valueList(MIB, 50)
  expect(before.take(records, 0, Infinity)).toBe(1)
  expect(before.oversized).toBeUndefined()
  const alone = valueList(MIB, 50)
  expect(alone.take(records, 1, Infinity)).toBe(2)
  expect(alone.count).toBe(0)
  expect(alone.oversized).toMatchObject({ reason: 'too_large', position: '1' })
  expect(alone.oversized?.raw).toHaveLength(100)
  const after = valueList(MIB, 50)
  expect(after.take(records, 2, Infinity)).toBe(3)
})

test('gives the same records for any room', async () => {
  const record = fc.record({
    gap: fc.nat(3),
    key: fc.option(fc.uint8Array({ maxLength: 5 })),
    value: fc.option(fc.uint8Array({ maxLength: 40 })),
    headers: fc.dictionary(fc.string({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(record, { minLength: 1, maxLength: 20 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 500 }),
      async (batches, room) => {
        let offset = 0
        const sent: { offset: number; value: Buffer | null }[] = []
        const opened: OpenRecords[] = []
        for (const batch of batches) {
          const records = batch.map(({ gap, key, value, headers }) => {
            offset += gap + 1
            return {
              offset,
              key: key && Buffer.from(key),
              value: value && Buffer.from(value),
              headers: Object.fromEntries(
                Object.entries(headers).map(([name, content]) => [name, Buffer.from(content)]),
              ),
            }
          })
          sent.push(...records)
          opened.push(await open(...records))
        }
        const got: { offset: number; value: Buffer | null }[] = []
        let next = 0
        while (opened.length > 0) {
          const list = valueList(room, MIB)
          while (opened[0] !== undefined) {
            next = list.take(opened[0], next, Infinity)
            if (opened[0].left > 0) break
            opened.shift()
          }
          const { bytes: all, bounds, baseOffset, offsets, special } = list.finish(NEVER)
          for (let n = 0; n < bounds.length / 2; n++) {
            const isNull = special.some(({ index, isNull }) => index === n && isNull)
            const value = Buffer.from(all.subarray(bounds[2 * n], bounds[2 * n + 1]))
            got.push({ offset: offsets?.[n] ?? baseOffset + n, value: isNull ? null : value })
          }
        }
        expect(got).toEqual(sent.map(({ offset: at, value }) => ({ offset: at, value })))
      },
    ),
    { numRuns: 100 },
  )
})

test('never reads outside of damaged records', async () => {
  const sound = await open(...numbered(20))
  fc.assert(
    fc.property(
      fc.integer({ min: sound.at, max: sound.bytes.length - 1 }),
      fc.nat(255),
      (at, byte) => {
        const damaged = Buffer.from(sound.bytes)
        damaged[at] = byte
        const list = valueList(MIB, MIB)
        try {
          list.take({ ...sound, bytes: damaged }, 0, Infinity)
          for (const bound of list.finish(NEVER).bounds) {
            expect(bound).toBeLessThanOrEqual(damaged.length)
          }
        } catch (error) {
          expect(String(error)).toMatch(/damaged|too long/)
        }
      },
    ),
  )
})
