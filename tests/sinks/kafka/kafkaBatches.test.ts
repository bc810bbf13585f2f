import { expect, test } from 'vitest'
import { giveBuffer, takeBuffer } from '../../../src/core/bufferPool.ts'
import type { Envelope, SourceBatch, Writer } from '../../../src/core/unit.ts'
import { kafkaBatches } from '../../../src/sinks/kafka/kafkaBatches.ts'

const batch = { partition: 0, source: 'file', ingestedAtMs: 1, baseOffset: 0 }

test('writes the records of a batch in order, with their envelopes', async () => {
  const lines = Array.from({ length: 3000 }, (_, n) => `line ${n}`)
  const { written, writer, relieved } = kept<Uint8Array>((bytes, { source, offset, shape }) =>
    [Buffer.from(bytes).toString(), source, offset, shape].join('|'),
  )
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  await kafkaBatches(writer).writeBatch({ ...batch, bytes, framing: 'lines', shape: 'text' })
  let offset = 0
  const expected = lines.map((line) => {
    const at = offset
    offset += line.length + 1
    return `${line}|file|${at}|text`
  })
  expect(written).toEqual(expected)
  expect(relieved()).toBeGreaterThanOrEqual(3)
})

test('writes values that never were bytes', async () => {
  const { written, writer } = kept<number>((value) => value)
  await kafkaBatches(writer).writeBatch({ ...batch, values: [3, 1, 2] } satisfies SourceBatch)
  expect(written).toEqual([3, 1, 2])
})

test.each([
  ['is written', async () => {}],
  ['fails', () => Promise.reject(new Error('the broker is gone'))],
])('gives the buffer back in which it found the records, when the batch %s', async (_, relieve) => {
  const bytes = Buffer.from(`${'x'.repeat(500)}\n`.repeat(2000))
  const spare = takeBuffer(bytes.length >>> 4)
  giveBuffer(spare)
  const { writer } = kept<Uint8Array>(() => 0)
  const batches = kafkaBatches({ ...writer, relieve })
  await batches.writeBatch({ ...batch, bytes, framing: 'lines' }).catch(() => {})
  expect(takeBuffer(bytes.length >>> 4).buffer === spare.buffer).toBe(true)
})

function kept<Row>(look: (record: Row, envelope: Envelope) => unknown) {
  const written: unknown[] = []
  let relieved = 0
  const writer: Writer<Row> = {
    write: (record, envelope) => void written.push(look(record, envelope)),
    relieve: async () => void relieved++,
    prepare: async () => [],
    close: async () => {},
  }
  return { written, writer, relieved: () => relieved }
}
