import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { giveBuffer, takeBuffer } from '../../../src/core/bufferPool.ts'
import { frame } from '../../../src/core/framing.ts'
import { plainContent } from '../../../src/sources/landing/content.ts'
import { cutRecords, type CutRecordsOptions } from '../../../src/sources/landing/cutRecords.ts'
import { memoryFile } from './memoryFile.ts'

const run = async (text: string, options: Partial<CutRecordsOptions> = {}) => {
  const bytes = Buffer.from(text)
  const at = options.at ?? 0
  const from = options.inside ?? at
  const cuts = cutRecords({
    content: plainContent({ file: memoryFile(bytes, 7), size: bytes.length, from }),
    framing: 'lines',
    lineEnd: 'lf',
    batchBytes: 8,
    maxRecordBytes: 100,
    final: () => true,
    ...options,
    at,
  })
  const records: string[] = []
  const copied: Buffer[] = []
  const stops: { at: number; inside?: number; records: number }[] = []
  let position = at
  for (;;) {
    const step = await cuts.next()
    if (step.done === true) {
      return { records, copied: Buffer.concat(copied).toString(), rest: step.value, stops }
    }
    const { bytes: cut, bounds, taken, tooLarge, inside } = step.value
    const framing = bounds === undefined ? (options.framing ?? 'lines') : 'bounds'
    const found = frame({
      partition: 0,
      source: '',
      ingestedAtMs: 0,
      baseOffset: position,
      bytes: cut,
      framing,
      ...(bounds && { bounds }),
    })
    for (let i = 0; i < found.length; i += 2) {
      records.push(Buffer.from(cut.subarray(found[i], found[i + 1])).toString())
    }
    if (tooLarge !== undefined) {
      const head = Buffer.from(tooLarge.head()).toString()
      records.push(`${tooLarge.start}:${tooLarge.bytes()}:${head}`)
    }
    copied.push(Buffer.from(cut))
    position += taken
    stops.push({ at: position, records: records.length, ...(inside !== undefined && { inside }) })
  }
}

/** What columns do meanwhile, and the next file. */
const useBuffersAgain = (): void => {
  const taken = Array.from({ length: 8 }, () => takeBuffer(1).fill('!'))
  for (const buffer of taken) giveBuffer(buffer)
}

describe('cutRecords', () => {
  it.each([
    ['ends with a batch', { at: 0 }],
    ['was read before', { at: 64, inside: 0 }],
  ])('leaves the line end of a record that is too long alone, where it %s', async (_, where) => {
    const bytes = Buffer.alloc(64, 'x')
    const cuts = cutRecords({
      content: plainContent({ file: memoryFile(bytes, 7), size: 64, from: 0 }),
      ...{ framing: 'lines', lineEnd: 'lf', batchBytes: 16, maxRecordBytes: 20, ...where },
      final: () => true,
    })
    const pieces: Uint8Array[] = []
    for (let step = await cuts.next(); step.done !== true; step = await cuts.next()) {
      pieces.push(step.value.bytes)
      useBuffersAgain()
    }
    expect(Buffer.concat(pieces).toString()).toBe(`${'x'.repeat(64 - where.at)}\n`)
  })

  it('cuts batches at line feeds and leaves an open line to the end', async () => {
    expect(await run('a\nbb\ncccccccccccc\nd')).toMatchObject({
      records: ['a', 'bb', 'cccccccccccc', 'd'],
      copied: 'a\nbb\ncccccccccccc\nd\n',
    })
  })
  it('leaves an open line alone as long as more may come', async () => {
    const { records, rest } = await run('a\nbb', { final: () => false })
    expect(records).toEqual(['a'])
    expect(Buffer.from(rest.head).toString()).toBe('bb')
  })
  it('finds nothing in nothing', async () => {
    expect(await run('')).toMatchObject({ records: [], copied: '', rest: { bytes: 0 } })
  })
  it('cuts CSV outside quotes only', async () => {
    const text = 'a,"x\ny\nz"\r\nb,"1 ""\n"" 2"\nc'
    expect((await run(text, { framing: 'csv' })).records).toEqual([
      'a,"x\ny\nz"',
      'b,"1 ""\n"" 2"',
      'c',
    ])
  })
  it('cuts CSV at carriage returns where the file has no others', async () => {
    const text = 'a,"x\ry"\rb,2\rc,3'
    const { records, copied } = await run(text, { framing: 'csv', lineEnd: 'cr' })
    expect(records).toEqual(['a,"x\ry"', 'b,2', 'c,3'])
    expect(copied).toBe(`${text}\r`)
  })
  it('lets a record over the limit pass in pieces and reads on behind it', async () => {
    const long = 'x'.repeat(50)
    const text = `a\n${long}\nb\n`
    const { records, copied } = await run(text, { maxRecordBytes: 10 })
    expect(records).toEqual(['a', `2:50:${'x'.repeat(10)}`, 'b'])
    expect(copied).toBe(text)
  })
  it('takes a record for too long by its own bytes, not those of its line end', async () => {
    const text = `${'x'.repeat(10)}\r\n${'y'.repeat(11)}\n`
    expect((await run(text, { maxRecordBytes: 10, batchBytes: 64 })).records).toEqual([
      'x'.repeat(10),
      `12:11:${'y'.repeat(10)}`,
    ])
  })
  it('gives the same records for any batch size and from any stop', async () => {
    const piece = fc.constantFrom(
      'a',
      'bc',
      '"',
      '""',
      ',',
      '\n',
      '\r\n',
      '\r',
      'é',
      'long'.repeat(9),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom(
          { framing: 'lines', lineEnd: 'lf' } as const,
          { framing: 'csv', lineEnd: 'lf' } as const,
          { framing: 'csv', lineEnd: 'cr' } as const,
        ),
        fc.integer({ min: 1, max: 90 }),
        fc.boolean(),
        fc.nat(),
        async (pieces, format, batchBytes, final, stop) => {
          const text = pieces.join('')
          const options = { ...format, final: () => final, maxRecordBytes: 30 }
          const whole = await run(text, { ...options, batchBytes: 10_000 })
          const cut = await run(text, { ...options, batchBytes })
          expect(cut.records).toEqual(whole.records)
          const { at, inside, records } = cut.stops[stop % (cut.stops.length || 1)] ?? {
            at: 0,
            records: 0,
          }
          const resumed = await run(text, { ...options, batchBytes, at, inside })
          expect([...cut.records.slice(0, records), ...resumed.records]).toEqual(whole.records)
        },
      ),
      { numRuns: 500 },
    )
  })
})
