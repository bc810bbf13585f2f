import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCsv } from '../../src/operators/decodeCsv.ts'
import { feed, utf8 } from './feed.ts'

const decode = (header: readonly string[], ...rows: readonly string[]) =>
  feed(decodeCsv(), rows.map(utf8), { header })

test('gives each field the name of its column, in the order of the file', () => {
  expect(decode(['id', 'title'], '1,one', '2,').out).toEqual([
    { id: '1', title: 'one' },
    { id: '2', title: '' },
  ])
  expect(decode(['title', 'id'], 'one,1').out).toEqual([{ id: '1', title: 'one' }])
})

test('reads quoted fields: commas, doubled quotes and any line end', () => {
  const { out } = decode(['a', 'b', 'c'], '"x,y","he said ""no""","1\r\n2\n3\r4"', '"","""",","')
  expect(out).toEqual([
    { a: 'x,y', b: 'he said "no"', c: '1\r\n2\n3\r4' },
    { a: '', b: '"', c: ',' },
  ])
})

test('a bare carriage return and a quote inside a field are data', () => {
  expect(decode(['a', 'b'], 'one\rtwo,6" long').out).toEqual([{ a: 'one\rtwo', b: '6" long' }])
})

test('trims and guesses nothing', () => {
  expect(decode(['a', 'b'], ' 007 ,NULL').out).toEqual([{ a: ' 007 ', b: 'NULL' }])
})

test('rejects a row without exactly the fields of the header, with both counts', () => {
  const { out, rejected } = decode(['a', 'b'], '1', '1,2,3', '1,2,')
  expect(out).toEqual([])
  expect(rejected).toEqual([
    { reason: 'broken_record', detail: '1 field where the header has 2 columns' },
    { reason: 'broken_record', detail: '3 fields where the header has 2 columns' },
    { reason: 'broken_record', detail: '3 fields where the header has 2 columns' },
  ])
})

test('rejects open quotes and text behind closing ones', () => {
  const { out, rejected } = decode(['a', 'b'], '1,"2', '"1"x,2', '"1,2', '"1" ,2', '"a""')
  expect(out).toEqual([])
  expect(rejected.map(({ detail }) => detail)).toEqual([
    'not CSV: field 2: its quote is not closed',
    'not CSV: field 1: text follows its closing quote',
    'not CSV: field 1: its quote is not closed',
    'not CSV: field 1: text follows its closing quote',
    'not CSV: field 1: its quote is not closed',
  ])
})

test('bytes that are not UTF-8 become U+FFFD and count as repaired', () => {
  const { out, repaired } = feed(decodeCsv(), [Buffer.from([0x61, 0xd5, 0x2c, 0x62])], {
    header: ['a', 'b'],
  })
  expect(out).toEqual([{ a: 'a\ufffd', b: 'b' }])
  expect(repaired).toBe(1)
})

test('a column may have any name', () => {
  const [row] = decode(['__proto__', 'constructor', 'toString'], 'a,b,c').out
  expect(Object.entries(row!)).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toString', 'c'],
  ])
  expect(decode(['id'], '1').out[0]!['toString']).toBeUndefined()
})

test('the rows of a file can be told from those of another with other columns', () => {
  const operator = decodeCsv()
  expect(feed(operator, [utf8('1,2')], { header: ['a', 'b'] }).out).toEqual([{ a: '1', b: '2' }])
  expect(feed(operator, [utf8('1,2')], { header: ['b', 'c'] }).out).toEqual([{ b: '1', c: '2' }])
})

test('a source without a header is a fault of the topology', () => {
  expect(() => feed(decodeCsv(), [utf8('1')])).toThrow('need a header')
})

test('reads what any writer of RFC 4180 writes', () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\r', '\n', ' ', 'é', '🚀') })
  const fields = fc.array(field, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      fields,
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      (values, quoted) => {
        const row = values
          .map((value, at) =>
            quoted[at] || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value,
          )
          .join(',')
        const header = values.map((_, at) => `c${at}`)
        expect(Object.values(decode(header, row).out[0]!)).toEqual(values)
      },
    ),
  )
})

test('agrees with csv-parse on any text but quotes inside a field, which are characters here', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', '\r'), minLength: 1 })
  fc.assert(
    fc.property(text, (row) => {
      const theirs = parseRow(row)
      fc.pre(theirs !== 'INVALID_OPENING_QUOTE')
      const header = Array.isArray(theirs) ? theirs.map((_, at) => `c${at}`) : ['c0']
      const { out, rejected } = decode(header, row)
      if (Array.isArray(theirs)) expect(Object.values(out[0]!)).toEqual(theirs)
      else expect(rejected).toHaveLength(1)
    }),
    { numRuns: 1000 },
  )
})

/** What csv-parse makes of a row, or the code of its refusal. */
function parseRow(row: string): string[] | string {
  try {
    const rows: string[][] = parse(row, { record_delimiter: '\n' })
    return rows[0]!
  } catch (error) {
    return (error as { code: string }).code
  }
}
