import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { epochSeconds, int64, timestamp, wholeText } from '../../src/core/columnSchemas.ts'
import {
  constant,
  dayOf,
  dayOfSeconds,
  joined,
  marked,
  microsOfSeconds,
  separated,
  wholeOf,
} from '../../src/core/projection/expression.ts'
import type { Field } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { envelopeOf } from '../operators/feed.ts'

const Texts = v.object({ a: v.string(), b: v.string() })
const List = v.object({ list: v.array(v.string()) })
const listOf = (make: (text: Field<string>) => ReturnType<typeof marked>) =>
  projection(Texts, List, ({ a }) => ({ list: make(a) }))

describe('words', () => {
  test.each(['', '##', 'a', '_', '5', 'ü', '\n'])('%j marks none', (mark) => {
    expect(() => listOf((text) => marked(text, mark))).toThrow(/marked: .* is not one character/)
  })

  test.each([...'!"#$%&\'()*+,-./:;<=>?@[\\]^`{|}~'])('%j marks them', (mark) => {
    const words = listOf((text) => marked(text, mark))
    const record = { a: `${mark}${mark}A_1${mark}b ${mark}a_1${mark}`, b: '' }
    expect(words.of(record, envelopeOf())).toEqual({ list: ['a_1', 'b'] })
  })

  test.each(['', '||', 'ü'])('%j separates none', (separator) => {
    const make = () => listOf((text) => separated(text, separator))
    expect(make).toThrow(/separated: .* is not one character/)
  })
})

describe('texts', () => {
  test('are joined however they are put together', () => {
    const made = projection(Texts, v.object({ text: v.string() }), ({ a, b }) => ({
      text: joined('', joined(a, '-'), b, joined()),
    }))
    expect(made.of({ a: '1', b: '2' }, envelopeOf())).toEqual({ text: '1-2' })
  })

  test('have no half of a surrogate pair', () => {
    expect(() => joined('\ud83d', '\ude00')).toThrow(/half of a surrogate pair/)
  })

  test('are made of fields, which the compiler sees', () => {
    projection(Texts, List, ({ a }) => {
      // @ts-expect-error -- a day is no field
      expect(() => joined(dayOf(a))).toThrow('joined takes a field of the record')
      // @ts-expect-error -- nor is what is the same in all rows
      expect(() => separated(constant('x'), '-')).toThrow('separated takes a field')
      // @ts-expect-error -- nor what is made of others
      expect(() => wholeOf(joined(a))).toThrow('wholeOf takes a field')
      expectTypeOf(a).toExtend<Field<string>>()
      return { list: marked(joined(a), '#') }
    })
  })
})

describe('numbers', () => {
  const Times = v.object({ at: epochSeconds() })
  const Day = v.pipe(v.string(), v.metadata({ column: 'date' }))
  const times = projection(Times, v.object({ at: timestamp(), day: Day }), ({ at }) => ({
    at: microsOfSeconds(at),
    day: dayOfSeconds(at),
  }))

  test.each([
    [0, 0, '1970-01-01'],
    [-0.000_000_4, 0, '1970-01-01'],
    [-0.000_001, -1, '1969-12-31'],
    [1717372901.25, 1_717_372_901_250_000, '2024-06-03'],
    [253_402_300_799, 253_402_300_799_000_000n, '9999-12-31'],
    [-62_135_596_800, -62_135_596_800_000_000n, '0001-01-01'],
  ])('%d seconds are %d microseconds of %s', (at, micros, day) => {
    expect(v.is(Times, { at })).toBe(true)
    expect(times.of({ at }, envelopeOf())).toEqual({ at: micros, day })
  })

  test.each([253_402_300_800, 1_717_372_901_000, -62_135_596_801, Infinity, Number.NaN])(
    '%d seconds are no time, and say so',
    (at) => {
      expect(v.is(Times, { at })).toBe(false)
      expect(() => times.of({ at }, envelopeOf())).toThrow('at is no time in seconds')
    },
  )

  test('as text are exact', () => {
    const Text = v.object({ n: wholeText() })
    const whole = projection(Text, v.object({ n: int64() }), ({ n }) => ({ n: wholeOf(n) }))
    const of = (n: string) => whole.of({ n }, envelopeOf()).n
    expect(['007', '9007199254740991', '9'.repeat(18)].map(of)).toEqual([
      ...[7, 9_007_199_254_740_991],
      999_999_999_999_999_999n,
    ])
    for (const n of ['', '-1', '1.0', ' 1', '1e3', '9'.repeat(19)]) {
      expect(v.is(Text, { n })).toBe(false)
      expect(() => of(n)).toThrow('n is no whole number')
    }
  })
})
