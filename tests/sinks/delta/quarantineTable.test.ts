import { randomUUID } from 'node:crypto'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, test } from 'vitest'
import type { Envelope, Rejected, WriterContext } from '../../../src/core/unit.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { quarantineTable } from '../../../src/sinks/delta/quarantineTable.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

const clock = virtualClock()
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const noEnvelope = undefined as unknown as Envelope
const rejected = (raw: Uint8Array, ingestedAtMs = Date.UTC(2024, 5, 10, 23, 59)): Rejected => ({
  ...{ fate: 'rejected', reason: 'broken_record', detail: 'no JSON', node: 'decode' },
  ...{ origin: 'twitter', source: 'tweets-1.ndjson', position: '17', ingestedAtMs, raw },
})

async function open(memoryBytes = 1 << 24) {
  const lake = `memory:${randomUUID()}`
  const table = quarantineTable({ lake })
  const context: WriterContext = {
    ...{ node: 'rejects', task: 'twitter', topology: 'flow', clock, runId: 'run-7', writer: 0 },
    ...{ memoryBytes, epoch: () => 1, attempt: () => '1-a' },
  }
  return { lake, table, writer: await table.openWriter(context) }
}

test('keeps what was turned down, with its bytes, in the columns of the contract', async () => {
  const { lake, table, writer } = await open()
  writer.write(rejected(Buffer.from([0xff, 0x00])), noEnvelope)
  writer.write({ ...rejected(new Uint8Array(), Date.UTC(2024, 5, 11)), fate: 'late' }, noEnvelope)
  const files = await writer.prepare()
  const publisher = await table.openPublisher({ node: 'rejects', topology: 'flow', clock, logger })
  const commit = { lineage: 'l', topology: 'flow', task: 'twitter', node: 'rejects' }
  await publisher.publish({ ...commit, epoch: 1, attempt: '1-a', files, positions: {} })

  const store = await openLake(lake)
  const quarantine = (await readDelta(store, 'quarantine'))!
  expect(table.rank).toBe('quarantine')
  expect(quarantine.partitionColumns).toEqual(['platform', 'date'])
  expect(quarantine.columns.map(({ name }) => name)).toEqual([
    ...['platform', 'date', 'fate', 'reason', 'detail', 'node', 'raw', 'source', 'position'],
    ...['ingested_at', 'run_id'],
  ])
  expect(quarantine.files.map(({ partitionValues }) => partitionValues)).toEqual([
    { platform: 'twitter', date: '2024-06-10' },
    { platform: 'twitter', date: '2024-06-11' },
  ])
  const bytes = (await store.read(`quarantine/${quarantine.files[0]!.path}`))!
  const file = Uint8Array.from(bytes).buffer
  expect(await parquetReadObjects({ file, compressors, utf8: false })).toEqual([
    {
      ...{ fate: 'rejected', reason: 'broken_record', detail: 'no JSON', node: 'decode' },
      raw: Uint8Array.from([0xff, 0x00]),
      ...{ source: 'tweets-1.ndjson', position: '17', run_id: 'run-7' },
      ingested_at: new Date('2024-06-10T23:59:00Z'),
    },
  ])
})

test('holds large records in bounded memory', async () => {
  const { writer, lake } = await open(1 << 20)
  const raw = Buffer.alloc(4 << 20, 'abc')
  for (let i = 0; i < 4; i++) {
    writer.write(rejected(raw), noEnvelope)
    await writer.relieve()
  }
  const [file] = await writer.prepare()
  expect(file).toMatchObject({ records: 4 })
  const bytes = (await (await openLake(lake)).read(file!.key))!
  const rows = await parquetReadObjects({
    ...{ file: Uint8Array.from(bytes).buffer, compressors, utf8: false, columns: ['raw'] },
  })
  expect(rows.map((row) => Buffer.compare(row['raw'] as Uint8Array, raw))).toEqual([0, 0, 0, 0])
})
