import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonScanner } from '../../../src/sources/landing/jsonScanner.ts'

const scan = (text: string | Buffer, path: readonly string[] = [], pieces = Infinity) => {
  const bytes = Buffer.from(text)
  const elements: string[] = []
  const scanner = jsonScanner({
    paths: [path],
    onElement: (_, start, end) => elements.push(bytes.subarray(start, end).toString()),
  })
  for (let at = 0; at < bytes.length; at += pieces) {
    const piece = bytes.subarray(at, at + pieces)
    scanner.feed(piece, piece.length)
  }
  scanner.finish()
  const { found, keys } = scanner.targets[0]!
  return { fault: scanner.fault(), end: scanner.valueEnd(), elements, found, keys }
}

describe('jsonScanner', () => {
  it('finds the elements of the array at the top, byte for byte', () => {
    const { elements, keys } = scan(' [ {"a": [1, {"b":2}] } ,null, "x,]" , 1.50 , [ ] ] ')
    expect(elements).toEqual(['{"a": [1, {"b":2}] }', 'null', '"x,]"', '1.50', '[ ]'])
    expect(keys).toEqual(['a'])
  })
  it('takes an object at the top for the one element', () => {
    const { elements, keys } = scan('\ufeff{"a":1,"b":{"c":2}}\n')
    expect(elements).toEqual(['{"a":1,"b":{"c":2}}'])
    expect(keys).toEqual(['a', 'b'])
  })
  it('finds elements below keys', () => {
    const text =
      '{"kind":"x","children":[9],"data":{"a":[8],"children":[{"k":1},{"k":[2]}],"z":{}}}'
    expect(scan(text, ['data', 'children'])).toMatchObject({
      elements: ['{"k":1}', '{"k":[2]}'],
      found: 'elements',
      keys: ['k'],
    })
  })
  it('tells an empty array and null from a path that is not there', () => {
    expect(scan('{"items":[]}', ['items']).found).toBe('empty')
    expect(scan('{"items":null}', ['items']).found).toBe('empty')
    expect(scan('null').found).toBe('empty')
    expect(scan('{"other":{"items":[1]}}', ['items']).found).toBe('none')
    expect(scan('[{"items":[1]}]', ['items']).found).toBe('none')
  })
  it('reads escaped keys', () => {
    expect(scan('{"\\u0061\\"é":1}').keys).toEqual(['a"é'])
    expect(scan('{"\\u0069tems":[5]}', ['items']).elements).toEqual(['5'])
  })
  it('takes the keys of the first object, whatever stands before it', () => {
    expect(scan('[null,[{"x":1}],{"a":1},{"b":1}]').keys).toEqual(['a'])
  })
  it('says where a document breaks', () => {
    expect(scan('[1,2').fault).toEqual({ offset: 4, message: 'the document ends early' })
    expect(scan('{"a":1}{').fault).toEqual({ offset: 7, message: 'more follows behind the value' })
    expect(scan('[tru]').fault).toEqual({ offset: 1, message: '"tru" is no JSON value' })
    expect(scan('').fault).toEqual({ offset: 0, message: 'the document ends early' })
    expect(scan('[}').fault).toMatchObject({ offset: 1 })
    expect(scan('["a\nb"]').fault).toMatchObject({ offset: 3 })
  })
  it('refuses what would overflow the stack of a parser', () => {
    expect(scan('['.repeat(1001)).fault?.message).toContain('deeper')
    expect(scan('['.repeat(1000) + ']'.repeat(1000)).fault).toBeUndefined()
  })
  it('accepts and refuses what JSON.parse does, in pieces of any size', () => {
    const jsonish = fc.array(
      fc.constantFrom(
        ...['{', '}', '[', ']', ',', ':', '"', 'a', '\\', 'u00e9', '0', '1', '-', '.', 'e', '+'],
        ...['true', 'null', ' ', '\n', '"k"', '"k":', '12', '\\n', 'é', '\u0001'],
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          jsonish.map((parts) => parts.join('')),
        ),
        fc.integer({ min: 1, max: 9 }),
        (text, pieces) => {
          let valid = true
          try {
            JSON.parse(text)
          } catch {
            valid = false
          }
          expect(scan(text, [], pieces).fault === undefined).toBe(valid)
        },
      ),
      { numRuns: 2000 },
    )
  })
  it('finds the same elements in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1 }),
        fc.nat(2),
        fc.integer({ min: 1, max: 7 }),
        (values, indent, pieces) => {
          const text = JSON.stringify({ a: { 'b"': values }, c: [1] }, undefined, indent)
          const found = scan(text, ['a', 'b"'], pieces).elements
          expect(found.map((element) => JSON.parse(element) as unknown)).toEqual(
            JSON.parse(JSON.stringify(values)),
          )
        },
      ),
    )
  })
})
