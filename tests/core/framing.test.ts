import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvRecords } from '../../src/core/csvRecords.ts'
import { frame } from '../../src/core/framing.ts'
import type { SourceBatch } from '../../src/core/unit.ts'

const batch = (text: string | Buffer, rest: Partial<SourceBatch>): SourceBatch => ({
  partition: 0,
  source: 'file',
  ingestedAtMs: 0,
  baseOffset: 0,
  bytes: Buffer.from(text),
  ...rest,
})
const records = (text: string | Buffer, rest: Partial<SourceBatch>): string[] => {
  const framed = batch(text, rest)
  const bounds = frame(framed)
  const found: string[] = []
  for (let i = 0; i < bounds.length; i += 2) {
    found.push(Buffer.from(framed.bytes!.subarray(bounds[i], bounds[i + 1])).toString())
  }
  return found
}

describe('frame: lines', () => {
  const lines = (text: string, baseOffset = 0) => records(text, { framing: 'lines', baseOffset })

  it('cuts at line feeds and takes carriage returns off', () => {
    expect(lines('{"a":1}\n{"b":2}\r\n{"c":3}')).toEqual(['{"a":1}', '{"b":2}', '{"c":3}'])
  })
  it('leaves blank lines out', () => {
    expect(lines('\n\n a\n \t\r\n\r\nb\n\n')).toEqual([' a', 'b'])
  })
  it('finds nothing in nothing', () => {
    expect(lines('')).toEqual([])
  })
  it('skips a byte order mark at the start of a file alone', () => {
    expect(lines('\ufeff{}\n')).toEqual(['{}'])
    expect(lines('\ufeff{}\n', 10)).toEqual(['\ufeff{}'])
  })
  it('keeps a carriage return inside a line', () => {
    expect(lines('a\rb\n')).toEqual(['a\rb'])
  })
  it('grows with the number of records', () => {
    expect(lines('x\n'.repeat(5000))).toHaveLength(5000)
  })
  it('sees the bytes of a view alone', () => {
    const whole = Buffer.from('skip\nme\nskip\n')
    expect(records('', { framing: 'lines', bytes: whole.subarray(5, 8) })).toEqual(['me'])
  })
})

describe('frame: csv', () => {
  const rows = (text: string) => records(text, { framing: 'csv' })

  it('ends records at line feeds outside quotes', () => {
    expect(rows('a,"x\ny",b\r\nc,"z ""\n"" z"\n')).toEqual(['a,"x\ny",b', 'c,"z ""\n"" z"'])
  })
  it('takes quotes inside a bare field for characters', () => {
    expect(rows('5" nail,6\n7,a "b\n')).toEqual(['5" nail,6', '7,a "b'])
  })
  it('goes on bare behind a closing quote', () => {
    expect(rows('"a"b"c\nd\n')).toEqual(['"a"b"c', 'd'])
  })
  it('keeps bare carriage returns as data', () => {
    expect(rows('a\rb,c\n')).toEqual(['a\rb,c'])
  })
  it('takes a quote that is never closed to the end', () => {
    expect(rows('a,"b\nc\n')).toEqual(['a,"b\nc'])
  })
  it('leaves empty lines out', () => {
    expect(rows('\n\na\n\r\n')).toEqual(['a'])
  })
  it('cuts any quoted table back into its rows', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é') })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1, maxLength: 4 })), (table) => {
        const written = table.map((row) => row.map(quoted).join(','))
        expect(rows(written.map((row) => `${row}\n`).join(''))).toEqual(written)
      }),
    )
  })
})

describe('frame: bounds', () => {
  it('returns the bounds given', () => {
    const bounds = Uint32Array.of(1, 2)
    expect(frame(batch('abc', { framing: 'bounds', bounds }))).toBe(bounds)
  })
  it('finds no records in a batch of values', () => {
    const { bytes: _, ...values } = batch('', { values: [1] })
    expect(frame(values)).toHaveLength(0)
  })
})

describe('csvRecords', () => {
  const ends = (text: string, lineEnd: 'lf' | 'cr') => {
    const bytes = Buffer.from(text)
    const walk = csvRecords(bytes, lineEnd)
    const found: number[] = []
    for (let at = 0; at < bytes.length;) {
      at = walk.end(at)
      found.push(at)
      if (at === -1) break
    }
    return found
  }
  it('ends records at carriage returns where a file has no others', () => {
    expect(ends('a,b\r"c\r",d\re', 'cr')).toEqual([4, 11, -1])
  })
  it('takes a carriage return and line feed for one line end', () => {
    expect(ends('a\r\nb\n', 'cr')).toEqual([3, 5])
  })
  it('says so where a record is not complete', () => {
    expect(ends('a\n"b', 'lf')).toEqual([2, -1])
    expect(ends('a\n"b"', 'lf')).toEqual([2, -1])
  })
})
