import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../src/core/fingerprint.ts'
import { int64 } from '../../src/core/columnSchemas.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { RowStore } from '../../src/core/rows/rowStore.ts'
import type { SlotCell } from '../../src/core/rows/rowLayout.ts'
import { compileRowReader } from '../../src/operators/decode/rows/rowReader.ts'
import { batchOf } from '../operators/decode/rows/readRows.ts'

const optional = { more: v.nullable(v.string()), weight: v.nullable(v.number()) }
const texts = { text: v.string(), tags: v.array(v.string()) }
const Note = v.object({ ...texts, size: v.number(), ...optional })
const Row = v.object({ ...texts, size: int64(), ...optional })
type Note = v.InferOutput<typeof Note>
const toRow = projection(Note, Row, ({ text, tags, size, more, weight }) => ({
  ...{ text, tags, size, more, weight },
}))
const reader = compileRowReader(Note, toRow)!
const slotOf = (column: string): number => (reader.layout.cells.get(column) as SlotCell).slot

function fill(store: RowStore, notes: readonly Note[]): void {
  const batch = batchOf(notes.map((note) => Buffer.from(JSON.stringify(note))))
  store.open(batch.bytes)
  expect(reader.read(store, batch, 0)).toBe(notes.length)
}

const empty: Note = { text: '', tags: [], size: 1, more: null, weight: null }
const store = new RowStore(reader.layout)
const gathered = (bytes: number): Buffer =>
  Buffer.from(store.memory.subarray(store.columns.at, store.columns.at + bytes))

/** Each behind its length. */
const plain = (texts: readonly string[]): Buffer =>
  Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    }),
  )

describe('gathers what some rows have in a slot', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.stringMatching(/^(aaaaaaaa)?[ab\0]{0,9}$/),
  )
  const note = fc.record({
    text,
    tags: fc.array(text, { maxLength: 4 }),
    size: fc.maxSafeInteger(),
    more: fc.option(text),
    weight: fc.option(fc.integer().map((quarters) => quarters / 4)),
  })
  const some = fc
    .array(note, { minLength: 1, maxLength: 50 })
    .chain((notes) =>
      fc.tuple(fc.constant(notes), fc.subarray([...notes.keys()], { minLength: 1 })),
    )

  test('texts and lists with their first and last, and integers', () => {
    fc.assert(
      fc.property(some, ([notes, picked]) => {
        fill(store, notes)
        const rows = Int32Array.from(picked)
        const chosen = picked.map((at) => notes[at]!)

        const texts = chosen.map((one) => one.text)
        const bytes = store.columns.gather('text', slotOf('text'), rows, rows.length)
        expect(gathered(bytes)).toEqual(plain(texts))
        const sorted = texts.map((one) => Buffer.from(one)).sort(Buffer.compare)
        expect(Buffer.from(store.columns.beyond('least', undefined)!)).toEqual(sorted[0])
        expect(Buffer.from(store.columns.beyond('most', undefined)!)).toEqual(sorted.at(-1))
        expect(store.columns.beyond('least', sorted[0])).toBeUndefined()
        expect(store.columns.beyond('most', sorted.at(-1))).toBeUndefined()

        const items = store.columns.gather('list', slotOf('tags'), rows, rows.length)
        expect(gathered(items)).toEqual(plain(chosen.flatMap(({ tags }) => tags)))

        expect(store.columns.gatherInt64(slotOf('size'), rows, rows.length)).toBe(true)
        const integers = new BigInt64Array(new Uint8Array(gathered(rows.length * 8)).buffer)
        expect([...integers]).toEqual(chosen.map(({ size }) => BigInt(size)))
        const sizes = chosen.map(({ size }) => size)
        expect(store.columns.leastInteger()).toBe(Math.min(...sizes))
        expect(store.columns.mostInteger()).toBe(Math.max(...sizes))
      }),
    )
  })

  test('fingerprints of texts, as of the strings that they are', () => {
    fc.assert(
      fc.property(some, ([notes, picked]) => {
        fill(store, notes)
        const rows = Int32Array.from(picked)
        const found = new Uint32Array(rows.length * 4 + 4)
        store.columns.fingerprints(slotOf('text'), rows, rows.length, found, 4)
        const expected = new Uint32Array(found.length)
        for (const [at, row] of picked.entries()) {
          fingerprint(notes[row]!.text, expected, at * 4 + 4)
        }
        expect(found).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('levels: what is there, and how long lists are', () => {
    fc.assert(
      fc.property(some, fc.constantFrom(1, 2), ([notes, picked], highest) => {
        fill(store, notes)
        const rows = Int32Array.from(picked)
        for (const [column, kind] of [
          ['more', 'text'],
          ['weight', 'number'],
        ] as const) {
          const has = picked.filter((at) => notes[at]![column] !== null)
          expect([...store.columns.present(kind, slotOf(column), rows, rows.length)]).toEqual(has)
          const levels = picked.map((at) => Number(notes[at]![column] !== null))
          expect([...gathered(rows.length)]).toEqual(levels)
        }
        const lists = picked.map((at) => notes[at]!.tags)
        const count = store.columns.listLevels(slotOf('tags'), rows, rows.length, highest)
        const levels = [...gathered(count * 2)]
        const items = lists.flatMap((tags) =>
          tags.length === 0 ? [highest - 1] : tags.map(() => highest),
        )
        expect(levels.slice(0, count)).toEqual(items)
        const firsts = lists.flatMap((tags) =>
          tags.length === 0 ? [0] : tags.map((_, at) => Math.min(at, 1)),
        )
        expect(levels.slice(count)).toEqual(firsts)
      }),
    )
  })

  test('no integers where there is a fraction', () => {
    fill(store, [
      { ...empty, size: 1 },
      { ...empty, size: 1.5 },
    ])
    expect(store.columns.gatherInt64(slotOf('size'), Int32Array.of(0), 1)).toBe(true)
    expect(store.columns.gatherInt64(slotOf('size'), Int32Array.of(0, 1), 2)).toBe(false)
  })
})

test('keeps its memory for the next batch, but not that of one long record', () => {
  const one = new RowStore(reader.layout)
  const long = (megabytes: number): Note => ({
    ...empty,
    text: 'x\n'.repeat(megabytes << 19),
    tags: Array.from({ length: 20_000 }, () => 'a'),
  })
  fill(one, [long(1)])
  const { length } = one.memory
  one.close()
  expect(one.memory.length).toBe(length)
  fill(one, [long(9)])
  expect(one.textAt(one.texts[0]!, one.texts[1]!)).toBe(long(9).text)
  one.close()
  expect(one.memory.length).toBe(0)
  for (const view of [one.texts, one.numbers, one.lists, one.items]) {
    expect(view.buffer.byteLength).toBe(0)
  }
  fill(one, [long(1)])
  expect(one.memory.length).toBe(length)
})

test('writes nothing behind what it gathers, however exactly that fills its room', () => {
  const one = new RowStore(reader.layout)
  const note = (text: string): Note => ({ ...empty, text })
  const slot = slotOf('text')
  const lines = [
    ...Array.from({ length: 40 }, () => note('x'.repeat(36))),
    note('y\n'.repeat(40_000)),
  ]
  // Behind the first forty stands one that is left to others.
  const bytes = lines.map((line) => Buffer.from(JSON.stringify(line)))
  const batch = batchOf([...bytes.slice(0, 40), Buffer.from('{}'), ...bytes.slice(40)])
  one.open(batch.bytes)
  expect(reader.read(one, batch, 0)).toBe(40)
  // The room for what is gathered is twice as large as that; behind it comes the text that has to be made.
  one.columns.gather(
    'text',
    slot,
    Int32Array.from({ length: 10 }, (_, at) => at),
    10,
  )
  expect(reader.read(one, batch, 41)).toBe(1)
  for (let count = 15; count <= 21; count++) {
    one.columns.gather(
      'text',
      slot,
      Int32Array.from({ length: count }, (_, at) => at),
      count,
    )
    const place = 40 * reader.layout.texts * 2 + slot * 2
    expect(one.textAt(one.texts[place]!, one.texts[place + 1]!)).toBe('y\n'.repeat(40_000))
  }
})

test('takes for one long text what it needs, not several times as much', () => {
  const one = new RowStore(reader.layout)
  const megabytes = 12
  fill(one, [{ ...empty, text: 'x\n'.repeat(megabytes << 18) }])
  // The batch has three bytes for each two of the text, and the text has the room of its record.
  expect(one.memory.length / 2 ** 20).toBeLessThan(megabytes * 1.5 * 2.5)
})

test('a check that throws leaves no trace', () => {
  const Checked = v.object({
    tags: v.array(v.string()),
    id: v.pipe(
      v.string(),
      v.check((id) => {
        if (id === 'bad') throw new Error('bad')
        return true
      }),
    ),
  })
  const columns = projection(Checked, Checked, ({ tags, id }) => ({ tags, id }))
  const checked = compileRowReader(Checked, columns)!
  const one = new RowStore(checked.layout)
  const records = ['bad', 'good'].map((id) => Buffer.from(JSON.stringify({ tags: ['a', 'b'], id })))
  const batch = batchOf(records)
  one.open(batch.bytes)
  expect([checked.read(one, batch, 0), checked.read(one, batch, 1)]).toEqual([0, 1])
  expect([...one.lists.subarray(0, 2)]).toEqual([0, 2])
})

test('leaves a batch to others where there is no memory for it', () => {
  const one = new RowStore(reader.layout)
  const batch = batchOf([Buffer.from(JSON.stringify(empty))])
  const huge = Object.create(batch.bytes, { length: { value: 2 ** 31 } }) as Buffer
  one.open(huge)
  const fresh = compileRowReader(Note, toRow)!
  expect(fresh.read(one, batch, 0)).toBe(0)
})
