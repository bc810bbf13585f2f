import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { int64, timestamp, timestampText } from '../../src/core/columnSchemas.ts'
import { dayOf, microsOf } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { RowStore } from '../../src/core/rows/rowStore.ts'
import { viewOf } from '../../src/core/rows/rowView.ts'
import { StoredRows } from '../../src/core/rows/storedRows.ts'
import { columnsOf } from '../../src/core/schema.ts'
import type { Envelope } from '../../src/core/unit.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import { partitionedWriter } from '../../src/lake/partitionedWriter.ts'
import { compileRowReader } from '../../src/operators/decode/rows/rowReader.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'
import { batchOf } from '../operators/decode/rows/readRows.ts'

const Note = v.object({
  site: v.string(),
  at: timestampText(),
  size: v.number(),
  more: v.nullable(v.number()),
  text: v.nullable(v.string()),
  tags: v.array(v.string()),
})
const Row = v.object({
  site: v.string(),
  day: v.pipe(v.string(), v.metadata({ column: 'date' })),
  at: timestamp(),
  size: int64(),
  more: v.nullable(int64()),
  text: v.nullable(v.string()),
  tags: v.array(v.string()),
})
const reader = compileRowReader(
  Note,
  projection(Note, Row, ({ site, at, size, more, text, tags }) => ({
    ...{ site, day: dayOf(at), at: microsOf(at), size, more, text, tags },
  })),
)!

/** Writes some of the records of each batch, as rows or as records; what an epoch left, file by file. */
async function files(
  epochs: readonly (readonly Batch[])[],
  partitionBy: readonly string[],
  asRows: boolean,
) {
  const store = memoryStore()
  let epoch = 1
  const name = { node: 'notes', task: 't', topology: 't', runId: 'r', writer: 1 }
  const context = { ...name, clock: virtualClock(), memoryBytes: 1 << 30 }
  const writer = partitionedWriter({
    context: { ...context, epoch: () => epoch, attempt: () => 'a' },
    ...{ columns: columnsOf(Row), partitionBy, path: 'notes' },
    open: async (key) => store.openWriter(key),
  })
  const rows = new RowStore(reader.layout)
  const written = []
  for (const batches of epochs) {
    for (const { notes, picked } of batches) {
      const batch = batchOf(notes.map((note) => Buffer.from(JSON.stringify(note))))
      rows.open(batch.bytes)
      expect(reader.read(rows, batch, 0)).toBe(notes.length)
      const stored = new StoredRows(rows)
      stored.open(rows, picked.length)
      for (const row of picked) stored.push(row, row)
      const none = undefined as unknown as Envelope
      if (asRows) writer.write(stored, none)
      else for (const row of picked) writer.write({ ...viewOf(rows, row) }, none)
      writer.endBatch!()
    }
    for (const { key, detail, records } of await writer.prepare()) {
      const file = Uint8Array.from((await store.read(key))!).buffer
      // Files are numbered as they are begun, the largest first.
      const name = key.replace(/-\d+\.parquet$/, '')
      written.push({ name, detail, records, rows: await parquetReadObjects({ file, compressors }) })
    }
    written.sort((a, b) => (a.name < b.name ? -1 : 1))
    epoch++
  }
  return written
}

interface Batch {
  readonly notes: readonly v.InferOutput<typeof Note>[]
  readonly picked: readonly number[]
}

const note = fc.record({
  site: fc.constantFrom('a', 'ü'),
  at: fc
    .date({ min: new Date('2024-06-10'), max: new Date('2024-06-13'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  size: fc.maxSafeInteger(),
  more: fc.option(fc.maxSafeInteger()),
  text: fc.option(fc.string({ maxLength: 9 })),
  tags: fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
})
const batch: fc.Arbitrary<Batch> = fc
  .array(note, { minLength: 1, maxLength: 200 })
  .chain((notes) =>
    fc.record({ notes: fc.constant(notes), picked: fc.subarray([...notes.keys()]) }),
  )

test('rows of a store are written as the records that they stand for, with the same statistics', async () => {
  const epochs = fc.array(fc.array(batch, { maxLength: 3 }), { minLength: 1, maxLength: 2 })
  const keys = fc.constantFrom(['site', 'day'], ['day'], [])
  await fc.assert(
    fc.asyncProperty(epochs, keys, async (all, partitionBy) => {
      expect(await files(all, partitionBy, true)).toEqual(await files(all, partitionBy, false))
    }),
    { numRuns: 60 },
  )
})
