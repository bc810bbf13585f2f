import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SourceError } from '../../../src/core/errors.ts'
import type { SourceBatch, SourceReader } from '../../../src/core/unit.ts'
import { lane } from '../../../src/sources/kafka/lane.ts'
import { partitionReader } from '../../../src/sources/kafka/partitionReader.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'
import { recordBatches } from '../../kafka/recordBatches.ts'
import type { TestBatch, TestRecord } from '../../kafka/recordBatches.ts'

interface Given {
  readonly from?: number
  /** Given: a micro-batch that ends there. */
  readonly until?: number
  readonly batchBytes?: number
  readonly maxRecordBytes?: number
}

/** A reader whose broker is the test. */
function partition({
  from = 0,
  until,
  batchBytes = 1 << 20,
  maxRecordBytes = 1 << 20,
}: Given = {}) {
  const clock = virtualClock()
  const revoked = new AbortController()
  const committed: number[] = []
  let rooms = 0
  const filled = lane({
    partition: 3,
    from,
    until: until ?? Infinity,
    maxBytes: () => 1000,
    chunkBytes: batchBytes,
    onRoom: () => rooms++,
  })
  const reader = partitionReader({
    topic: 't',
    lane: filled,
    from,
    until: until ?? Infinity,
    maxRecordBytes,
    doing: { error: SourceError, node: 'tweets', what: 'read topic t', brokers: ['b:1'] },
    revoked: revoked.signal,
    onPosition: (offset) => committed.push(offset),
    onClose: () => {},
    context: {
      node: 'tweets',
      clock,
      logger: { info() {}, warn() {}, error() {} },
      signal: new AbortController().signal,
      mode: until === undefined ? 'streaming' : 'micro-batch',
      batchBytes,
      restored: undefined,
    },
  })
  return {
    clock,
    reader,
    lane: filled,
    committed,
    revoke: () => revoked.abort(),
    rooms: () => rooms,
    push: async (batches: readonly TestBatch[], aborted: [number, number][] = []) =>
      filled.push({
        partition: 3,
        error: 0,
        records: await recordBatches(...batches),
        aborted: aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset })),
      }),
  }
}

const record = (offset: number, text = `v${offset}`): TestRecord => ({
  offset,
  value: Buffer.from(text),
})
const offsetsOf = ({ bounds, offsets, baseOffset }: SourceBatch): number[] =>
  Array.from({ length: (bounds?.length ?? 0) / 2 }, (_, n) => offsets?.[n] ?? baseOffset + n)
async function offsetsToEnd(reader: SourceReader): Promise<number[]> {
  const all: number[] = []
  for (;;) {
    const batch = await reader.read()
    if (batch === undefined) return all
    all.push(...offsetsOf(batch))
  }
}
/** Looked at when all was read: what a batch holds must not be filled anew. */
async function valuesToEnd(reader: SourceReader): Promise<string[]> {
  const batches: SourceBatch[] = []
  for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
    batches.push(batch)
  }
  return batches.flatMap((batch) =>
    offsetsOf(batch).map((offset, n) => {
      const [start, end] = [batch.bounds![n * 2], batch.bounds![n * 2 + 1]]
      return `${offset}: ${Buffer.from(batch.bytes!.subarray(start, end)).toString()}`
    }),
  )
}
const positionOf = async (reader: SourceReader): Promise<unknown> =>
  (await reader.position()).inline

test('reads a partition to its end, and no further', async () => {
  const { reader, push } = partition({ until: 3 })
  await push([{ records: [record(0), record(1)] }, { records: [record(2), record(3)] }])
  const batch = await reader.read()
  expect(offsetsOf(batch!)).toEqual([0, 1, 2])
  expect(batch).toMatchObject({
    partition: 3,
    source: 't/3',
    framing: 'bounds',
    bronze: { kind: 'values', special: [], from: 0, to: 3 },
  })
  expect(await reader.read()).toBeUndefined()
  expect(await positionOf(reader)).toBe('3')
})

test('an empty partition is at its end at once', async () => {
  const { reader, lane: filled } = partition({ until: 0 })
  expect(filled.wants()).toBe(false)
  expect(await reader.read()).toBeUndefined()
  expect(await positionOf(reader)).toBe('0')
})

test('cuts a batch that begins before the position', async () => {
  const { reader, push } = partition({ from: 6, until: 8 })
  await push([{ records: [record(4), record(5), record(6), record(7)] }])
  expect(await offsetsToEnd(reader)).toEqual([6, 7])
})

test.each([1, 4] as const)('unpacks batches of codec %i into one', async (codec) => {
  const { reader, push } = partition({ until: 4 })
  await push([
    { codec, records: [record(0), record(1)] },
    { records: [record(2)] },
    { codec, records: [record(3)] },
  ])
  expect(offsetsOf((await reader.read())!)).toEqual([0, 1, 2, 3])
})

test('ends behind what compaction took: inside of batches, between them, and whole ones', async () => {
  const { reader, push } = partition({ until: 20 })
  await push([
    { baseOffset: 0, records: [record(1), record(4)], nextOffset: 8 },
    { records: [record(10)] },
    { baseOffset: 11, records: [], nextOffset: 20 },
  ])
  expect(await offsetsToEnd(reader)).toEqual([1, 4, 10])
  expect(await positionOf(reader)).toBe('20')
})

test('ends where nothing but a marker is left', async () => {
  const { reader, push } = partition({ from: 5, until: 6 })
  await push([{ records: [record(5)], isControl: true, isTransactional: true, producerId: 1 }])
  expect(await reader.read()).toBeUndefined()
  expect(await positionOf(reader)).toBe('6')
})

test('leaves out what transactions gave up, and only that', async () => {
  const transactional = { isTransactional: true } as const
  const { reader, push } = partition({ until: 9 })
  await push(
    [
      { ...transactional, producerId: 1, records: [record(0)] },
      { ...transactional, producerId: 2, records: [record(1), record(2)] },
      { producerId: 1, records: [record(3)] },
      { ...transactional, producerId: 2, records: [record(4)], isControl: true },
      { ...transactional, producerId: 1, records: [record(5)], isControl: true },
      { ...transactional, producerId: 2, records: [record(6), record(7)] },
      { ...transactional, producerId: 2, records: [record(8)], isControl: true },
    ],
    [[2, 1]],
  )
  expect(await offsetsToEnd(reader)).toEqual([0, 3, 6, 7])
})

test('knows the transactions of an answer in all of its chunks', async () => {
  const transactional = { isTransactional: true, producerId: 2 } as const
  // Each record batch is a chunk of its own.
  const { reader, push } = partition({ until: 7, batchBytes: 1 })
  await push(
    [
      { ...transactional, records: [record(0)] },
      { ...transactional, records: [record(1)] },
      { ...transactional, records: [record(2)], isControl: true },
      { ...transactional, records: [record(3)] },
      { ...transactional, records: [record(4)], isControl: true },
      { ...transactional, records: [record(5)] },
      { ...transactional, records: [record(6)], isControl: true },
    ],
    [
      [2, 0],
      [2, 5],
    ],
  )
  expect(await offsetsToEnd(reader)).toEqual([3])
})

test('in streaming mode says that nothing is there now, and goes on later', async () => {
  const { reader, push, clock } = partition()
  const nothing = reader.read()
  await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(200)
  expect(await nothing).toBeUndefined()
  const waiting = reader.read()
  await push([{ records: [record(0)] }])
  expect(offsetsOf((await waiting)!)).toEqual([0])
})

test('waits in a micro-batch until its end is there', async () => {
  const { reader, push, clock } = partition({ until: 2 })
  const first = reader.read()
  await clock.advance(60_000)
  await push([{ records: [record(0)] }])
  expect(offsetsOf((await first)!)).toEqual([0])
  const second = reader.read()
  await push([{ records: [record(1)] }])
  expect(offsetsOf((await second)!)).toEqual([1])
})

test('tells the lag monitors where it stands', async () => {
  const { reader, push, committed } = partition({ until: 1 })
  await push([{ records: [record(0)] }])
  await reader.read()
  await reader.position()
  expect(committed).toEqual([1])
})

test('reads what is there before it says what went wrong', async () => {
  const { reader, push, lane: filled } = partition({ until: 9 })
  await push([{ records: [record(0)] }])
  filled.fail(new SourceError('gone', { code: 'SBX_KAFKA_UNREACHABLE' }))
  expect(offsetsOf((await reader.read())!)).toEqual([0])
  await expect(reader.read()).rejects.toMatchObject({ code: 'SBX_KAFKA_UNREACHABLE' })
})

test('refuses to read on when the partition is another member’s', async () => {
  const { reader, push, revoke } = partition({ until: 9 })
  await push([{ records: [record(0)] }])
  revoke()
  await expect(reader.read()).rejects.toMatchObject({ code: 'SBX_KAFKA_REVOKED', retryable: true })
})

test('rejects a value that is too long, and keeps it', async () => {
  const { reader, push } = partition({ until: 3, maxRecordBytes: 10 })
  await push([{ records: [record(0), record(1, 'x'.repeat(11)), record(2)] }])
  expect(offsetsOf((await reader.read())!)).toEqual([0])
  const rejected = await reader.read()
  expect(rejected).toMatchObject({
    rejects: [{ reason: 'too_large', position: '1' }],
    bronze: { kind: 'append', extension: '.ndjson' },
  })
  expect(rejected?.bounds).toHaveLength(0)
  expect(offsetsOf((await reader.read())!)).toEqual([2])
  expect(await reader.read()).toBeUndefined()
})

test('says where records can not be read', async () => {
  const { reader, lane: filled } = partition({ until: 9 })
  const records = await recordBatches({ codec: 1, records: [record(7)] })
  records.fill(0, 62, 80)
  filled.push({ partition: 3, error: 0, aborted: [], records })
  const refusal = expect(reader.read()).rejects
  await refusal.toMatchObject({ name: 'SourceError', code: 'SBX_KAFKA_UNREADABLE' })
  await refusal.toThrow(/partition 3 at offset 0/)
})

test('asks for more only while there is room', async () => {
  const { reader, push, lane: filled, rooms } = partition()
  await push([{ records: [record(0, 'x'.repeat(900))] }])
  expect(filled.wants()).toBe(true)
  expect(filled.fetchOffset).toBe(1)
  await push([{ records: [record(1, 'x'.repeat(900))] }])
  expect(filled.wants()).toBe(false)
  await reader.read()
  expect(filled.wants()).toBe(true)
  expect(rooms()).toBeGreaterThan(0)
})

test('cuts an answer into chunks that fill a batch each', async () => {
  const { reader, push, lane: filled } = partition({ until: 5, batchBytes: 1000 })
  const big = (offset: number) => ({ records: [record(offset, 'x'.repeat(300))] })
  await push([big(0), big(1), { records: [record(2, 'x'.repeat(2000))] }, big(3), big(4)])
  expect(filled.fetchOffset).toBe(5)
  const batches: number[][] = []
  for (let batch = await reader.read(); batch !== undefined; batch = await reader.read()) {
    batches.push(offsetsOf(batch))
  }
  expect(batches).toEqual([[0, 1], [2], [3, 4]])
})

test('takes no batch that is cut off', async () => {
  const { lane: filled } = partition()
  const records = await recordBatches({ records: [record(0)] }, { records: [record(1)] })
  filled.push({ partition: 3, error: 0, aborted: [], records: records.subarray(0, -1) })
  expect(filled.fetchOffset).toBe(1)
  filled.push({ partition: 3, error: 0, aborted: [], records: records.subarray(0, 20) })
  expect(filled.fetchOffset).toBe(1)
})

test('refuses what was written before Kafka 0.11', async () => {
  const { lane: filled } = partition()
  const records = Buffer.alloc(100)
  records[16] = 1
  expect(() => filled.push({ partition: 3, error: 0, aborted: [], records })).toThrow(/format 1/)
})

test('gives the same records for any room, any pieces and any start', async () => {
  const batch = fc.record({
    gaps: fc.array(fc.nat(2), { maxLength: 6 }),
    tail: fc.nat(3),
    codec: fc.constantFrom<0 | 1 | 4>(0, 1, 4),
    isControl: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(batch, { minLength: 1, maxLength: 4 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 300 }),
      fc.nat(20),
      async (answers, batchBytes, from) => {
        let next = 0
        const expected: number[] = []
        const sent = answers.map((batches) =>
          batches.map(({ gaps, tail, codec, isControl }): TestBatch => {
            const baseOffset = next
            const records = gaps.map((gap) => {
              next += gap + 1
              return record(next - 1)
            })
            next += tail + 1
            if (!isControl) expected.push(...records.map(({ offset }) => offset))
            return { baseOffset, nextOffset: next, records, codec, isControl }
          }),
        )
        if (from > next) return
        const { reader, push } = partition({ from, until: next, batchBytes })
        for (const batches of sent) await push(batches)
        expect(await valuesToEnd(reader)).toEqual(
          expected.filter((offset) => offset >= from).map((offset) => `${offset}: v${offset}`),
        )
        expect(await positionOf(reader)).toBe(String(next))
      },
    ),
    { numRuns: 60 },
  )
})
