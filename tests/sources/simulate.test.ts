import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { frame } from '../../src/core/framing.ts'
import type { Json } from '../../src/core/json.ts'
import type { SourceBatch, SourceContext, SourceReader } from '../../src/core/unit.ts'
import { simulate } from '../../src/sources/simulate.ts'

const context = (options: Partial<SourceContext> = {}, position?: Json): SourceContext => ({
  node: 'simulated',
  clock: { now: () => 7, sleep: async () => {} },
  logger: { info: () => {}, warn: () => {}, error: () => {} },
  signal: new AbortController().signal,
  mode: 'micro-batch',
  batchBytes: 1024,
  restored:
    position === undefined
      ? undefined
      : { inline: position, objects: [], read: async () => new Uint8Array(0) },
  ...options,
})

async function readAll(reader: SourceReader): Promise<SourceBatch[]> {
  const batches: SourceBatch[] = []
  for (;;) {
    const batch = await reader.read()
    if (batch === undefined) return batches
    batches.push(batch)
  }
}

function recordsOf(batch: SourceBatch): string[] {
  const bounds = frame(batch)
  const bytes = Buffer.from(batch.bytes as Uint8Array)
  return Array.from({ length: bounds.length / 2 }, (_, n) =>
    bytes.toString('utf8', bounds[n * 2], bounds[n * 2 + 1]),
  )
}

const record = (index: number, seed: number): string =>
  `${seed}:${'né🚀'.repeat(index % 7)}:${index}`

describe('simulate', () => {
  test('makes every record once, in order', async () => {
    const batches = await readAll(await simulate({ seed: 3, count: 5, record }).open(context()))
    expect(batches).toHaveLength(1)
    expect(batches[0]).toMatchObject({ partition: 0, baseOffset: 0, ingestedAtMs: 7 })
    expect(recordsOf(batches[0]!)).toEqual([0, 1, 2, 3, 4].map((index) => record(index, 3)))
  })

  test('makes nothing of no records', async () => {
    expect(await readAll(await simulate({ seed: 3, count: 0, record }).open(context()))).toEqual([])
  })

  test('takes bytes as well as text, and empty records', async () => {
    const contents = [new Uint8Array([0, 255]), '', new Uint8Array(0)]
    const source = simulate({ seed: 0, count: 3, record: (index) => contents[index]! })
    const [batch] = await readAll(await source.open(context()))
    expect([...frame(batch!)]).toEqual([0, 2, 2, 2, 2, 2])
    expect([...batch!.bytes!]).toEqual([0, 255])
  })

  test('gives the same records for any size of batch and any restart', async () => {
    const count = 60
    const source = simulate({ seed: 9, count, record })
    const expected = Array.from({ length: count }, (_, index) => record(index, 9))
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), fc.nat(80), async (batchBytes, reads) => {
        const first = await source.open(context({ batchBytes }))
        const seen: SourceBatch[] = []
        for (let n = 0; n < reads; n++) {
          const batch = await first.read()
          if (batch !== undefined) seen.push(batch)
        }
        const { inline } = await first.position()
        seen.push(...(await readAll(await source.open(context({ batchBytes }, inline)))))
        expect(seen.flatMap(recordsOf)).toEqual(expected)
        let index = 0
        for (const batch of seen) {
          expect(batch.baseOffset).toBe(index)
          const records = frame(batch).length / 2
          if (records > 1) expect(batch.bytes!.byteLength).toBeLessThanOrEqual(batchBytes)
          index += records
        }
      }),
    )
  })

  test('fills batches to the limit in bytes', async () => {
    const source = simulate({ seed: 0, count: 100, record: () => 'x'.repeat(10) })
    const batches = await readAll(await source.open(context({ batchBytes: 100 })))
    expect(batches.map(({ bytes }) => bytes!.byteLength)).toEqual(Array(10).fill(100))
  })

  test('makes each record once where nothing is restarted', async () => {
    const made: number[] = []
    const source = simulate({
      seed: 0,
      count: 50,
      record: (index) => `${made.push(index)}${'x'.repeat(40)}`,
    })
    await readAll(await source.open(context({ batchBytes: 100 })))
    expect(made).toEqual(Array.from({ length: 50 }, (_, index) => index))
  })

  test('paces itself by the clock in streaming, and catches up after a pause', async () => {
    let nowMs = 1000
    const clock = { now: () => nowMs, sleep: async () => {} }
    const source = simulate({ seed: 0, count: 100, record, ratePerSecond: 10 })
    const reader = await source.open(context({ clock, mode: 'streaming' }, 20))
    expect(await reader.read()).toBeUndefined()
    nowMs = 1299
    expect((await readAll(reader)).flatMap(recordsOf)).toEqual([record(20, 0), record(21, 0)])
    nowMs = 6000
    expect((await readAll(reader)).flatMap(recordsOf)).toHaveLength(48)
    nowMs = 60_000
    expect((await readAll(reader)).flatMap(recordsOf)).toHaveLength(30)
    expect((await reader.position()).inline).toBe(100)
  })

  test('does not wait in micro-batch', async () => {
    const source = simulate({ seed: 0, count: 10, record, ratePerSecond: 1 })
    expect((await readAll(await source.open(context()))).flatMap(recordsOf)).toHaveLength(10)
  })

  test('names the record on which its function threw', async () => {
    const failing = (index: number): string => {
      if (index === 2) throw new RangeError('no more names')
      return 'x'
    }
    const reader = await simulate({ seed: 4, count: 3, record: failing }).open(context())
    await expect(reader.read()).rejects.toMatchObject({
      name: 'OperatorError',
      code: 'SBX_SIMULATE_RECORD',
      message: 'simulated: its function threw on record 2 of seed 4: no more names',
    })
  })

  test.each([-1, 0.5, 11, '3', null])('refuses the position %j', async (position) => {
    const source = simulate({ seed: 0, count: 10, record })
    await expect(source.open(context({}, position))).rejects.toMatchObject({
      name: 'CheckpointError',
      code: 'SBX_POSITION_DAMAGED',
    })
  })

  test.each([
    { seed: -1 },
    { seed: 2 ** 32 },
    { count: 0.5 },
    { count: -1 },
    { ratePerSecond: 0 },
    { ratePerSecond: NaN },
  ])('refuses %j', (options) => {
    expect(() => simulate({ seed: 0, count: 1, record, ...options })).toThrow(
      expect.objectContaining({ code: 'SBX_SIMULATE_OPTIONS' }),
    )
  })

  test('is known by kind, seed and count', () => {
    const source = simulate({ seed: 5, count: 9, record, ratePerSecond: 2 })
    expect(source.identity).toEqual({ kind: 'simulate', seed: 5, count: 9 })
    expect(source.options).toEqual({ seed: 5, count: 9, ratePerSecond: 2 })
  })
})
