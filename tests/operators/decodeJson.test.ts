import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { feed, utf8 } from './feed.ts'

const decode = (...texts: readonly string[]) => feed(decodeJson(), texts.map(utf8))

test('parses what JSON.parse parses', () => {
  const values = fc.json().filter((json) => Number.isSafeInteger(Math.trunc(largest(json))))
  fc.assert(
    fc.property(values, (json) => {
      expect(decode(json).out).toEqual([JSON.parse(json)])
    }),
  )
})

/** The largest number in a JSON text, as a float. */
function largest(json: string): number {
  let most = 0
  JSON.parse(json, (_key, value: unknown) => {
    if (typeof value === 'number') most = Math.max(most, Math.abs(value))
    return value
  })
  return most
}

test('takes bytes that are no Buffer, and a view of a larger one', () => {
  const bytes = new TextEncoder().encode('xx{"a":1}yy')
  expect(feed(decodeJson(), [bytes.subarray(2, 9)]).out).toEqual([{ a: 1 }])
})

test('rejects what is not JSON', () => {
  for (const text of ['', ' ', '{"a":1', '{a:1}', 'nope', '{"a":1}x', '[1,]', '\u0000']) {
    const { out, rejected } = decode(text)
    expect(out).toEqual([])
    expect(rejected).toMatchObject([{ reason: 'broken_record' }])
    expect(rejected[0]!.detail).toMatch(/^not JSON: SyntaxError: /)
  }
})

test('keeps every digit of integers beyond 2^53, wherever they stand', () => {
  const { out } = decode(
    '{"id":922440008971292672,"in":[ -9007199254740993,1],"n":{"a":\t9007199254740992}}',
    '12345678901234567890',
    '{"text":"call 12345678901234567890 now","n":9007199254740991}',
  )
  expect(out).toEqual([
    { id: 922440008971292672n, in: [-9007199254740993n, 1], n: { a: 9007199254740992n } },
    12345678901234567890n,
    { text: 'call 12345678901234567890 now', n: 9007199254740991 },
  ])
})

test('integers of any size come out exact, whatever stands around them', () => {
  const padding = fc.string({ maxLength: 40 })
  fc.assert(
    fc.property(padding, fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (pad, integer) => {
      const [value] = decode(`{"${'k'}":${JSON.stringify(pad)},"n":${integer}}`).out as [
        { n: number | bigint },
      ]
      expect(BigInt(value.n)).toBe(integer)
      expect(typeof value.n).toBe(Number.isSafeInteger(Number(integer)) ? 'number' : 'bigint')
    }),
  )
})

test('fractions and exponents stay numbers', () => {
  expect(decode('{"a":0.12345678901234567890,"b":1e30,"c":12345678901234567890.5}').out).toEqual([
    { a: 0.12345678901234568, b: 1e30, c: 12345678901234567000 },
  ])
})

test('bytes that are not UTF-8 become U+FFFD and count as repaired', () => {
  const bytes = Buffer.concat([utf8('{"t":"a'), Buffer.from([0xff, 0xc3]), utf8('b"}')])
  const { out, repaired } = feed(decodeJson(), [bytes])
  expect(out).toEqual([{ t: 'a\ufffd\ufffdb' }])
  expect(repaired).toBe(1)
})

test('a U+FFFD that was in the bytes is no repair', () => {
  expect(decode('{"t":"\ufffd"}')).toMatchObject({ out: [{ t: '\ufffd' }], repaired: 0 })
})

test('a broken record is rejected, not repaired', () => {
  const { rejected, repaired } = feed(decodeJson(), [Buffer.from([0xff])])
  expect(rejected).toHaveLength(1)
  expect(repaired).toBe(0)
})

test('skips a byte order mark', () => {
  expect(decode('\ufeff{"a":1}').out).toEqual([{ a: 1 }])
  expect(decode('\ufeff{"a":12345678901234567890}').out).toEqual([{ a: 12345678901234567890n }])
})

test('a key __proto__ is an own key and harms nothing', () => {
  for (const n of ['1', '12345678901234567890']) {
    const [value] = decode(`{"__proto__":{"admin":true},"n":${n}}`).out as [Record<string, unknown>]
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect(value['admin']).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  }
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
})
