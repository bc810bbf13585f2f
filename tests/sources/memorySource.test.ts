import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Json } from '../../src/core/json.ts'
import type { SourceBatch, SourceContext, SourceReader } from '../../src/core/unit.ts'
import { memorySource } from '../../src/sources/memorySource.ts'

const context = (position?: Json): SourceContext => ({
  node: 'numbers',
  clock: { now: () => 7, sleep: async () => {} },
  logger: { info: () => {}, warn: () => {}, error: () => {} },
  signal: new AbortController().signal,
  mode: 'micro-batch',
  batchBytes: 1024,
  restored:
    position === undefined
      ? undefined
      : { inline: position, objects: [], read: async () => new Uint8Array(0) },
})
const readAll = async (reader: SourceReader): Promise<SourceBatch[]> => {
  const batches: SourceBatch[] = []
  for (;;) {
    const batch = await reader.read()
    if (batch === undefined) return batches
    batches.push(batch)
  }
}

test('reads its values in batches, and then nothing', async () => {
  const reader = await memorySource(['a', 'b', 'c'], { batchRecords: 2 }).open(context())
  const batches = await readAll(reader)
  expect(batches.map(({ values }) => values)).toEqual([['a', 'b'], ['c']])
  expect(batches[1]).toMatchObject({ partition: 0, baseOffset: 2, ingestedAtMs: 7 })
  expect(await reader.read()).toBeUndefined()
  await reader.close()
})

test('lets its partitions take turns', async () => {
  const source = memorySource([0, 1, 2, 3, 4], { partitions: 2, batchRecords: 1 })
  const batches = await readAll(await source.open(context()))
  expect(batches.map(({ partition, values }) => [partition, values?.[0]])).toEqual([
    [0, 0],
    [1, 1],
    [0, 2],
    [1, 3],
    [0, 4],
  ])
  expect(batches.map(({ offsets }) => offsets?.[0])).toEqual([0, 1, 2, 3, 4])
})

test('hands bytes over as bytes', async () => {
  const values = ['{"a":1}', '', 'x'].map((text) => new TextEncoder().encode(text))
  const [batch] = await readAll(await memorySource(values).open(context()))
  expect(batch?.framing).toBe('bounds')
  expect([...(batch?.bounds ?? [])]).toEqual([0, 7, 7, 7, 7, 8])
  expect(new TextDecoder().decode(batch?.bytes)).toBe('{"a":1}x')
})

test('goes on where any position stands', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(10),
      async (values, partitions, batchRecords, stop) => {
        const source = memorySource(values, { partitions, batchRecords })
        const first = await source.open(context())
        const seen: SourceBatch[] = []
        for (let n = 0; n < stop; n++) {
          const batch = await first.read()
          if (batch !== undefined) seen.push(batch)
        }
        const { inline } = await first.position()
        seen.push(...(await readAll(await source.open(context(inline)))))
        const offsets = seen.flatMap((batch) => [...(batch.offsets ?? [])])
        expect(offsets.sort((a, b) => a - b)).toEqual(values.map((_, index) => index))
      },
    ),
  )
})

test.each([[null], [[1, 2]], [[-1]], ['x']])('refuses the position %j', async (position) => {
  await expect(memorySource([1]).open(context(position))).rejects.toMatchObject({
    name: 'CheckpointError',
    code: 'SBX_POSITION_DAMAGED',
  })
})

test.each([{ partitions: 0 }, { batchRecords: 0.5 }])('refuses %j', (options) => {
  expect(() => memorySource([1], options)).toThrow(
    expect.objectContaining({ code: 'SBX_MEMORY_SOURCE_OPTIONS' }),
  )
})
