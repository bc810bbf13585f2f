import { randomUUID } from 'node:crypto'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { CheckpointError } from '../../src/core/errors.ts'
import type { Envelope, Sink, SinkCommit, WriterContext } from '../../src/core/unit.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { parquetFiles } from '../../src/sinks/parquetFiles.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const Row = v.object({ date: v.string(), id: v.number() })
const clock = virtualClock()
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const noEnvelope = undefined as unknown as Envelope

async function setUp() {
  const lake = `memory:${randomUUID()}`
  const sink = parquetFiles({ lake, path: 'out', schema: Row, partitionBy: ['date'] })
  expectTypeOf(sink).toEqualTypeOf<Sink<v.InferOutput<typeof Row>>>()
  const store = await openLake(lake)
  const publisher = await sink.openPublisher({ node: 'n', topology: 't', clock, logger })
  const prepare = async (epoch: number, attempt = '1-a'): Promise<SinkCommit> => {
    const context: WriterContext = {
      ...{ node: 'n', task: 'in', topology: 't', clock, runId: 'r', writer: 0 },
      ...{ memoryBytes: 1 << 20, epoch: () => epoch, attempt: () => attempt },
    }
    const writer = await sink.openWriter(context)
    writer.write({ date: '2024-06-10', id: epoch }, noEnvelope)
    writer.write({ date: '2024-06-11', id: epoch }, noEnvelope)
    const files = await writer.prepare()
    return {
      lineage: 'l',
      topology: 't',
      task: 'in',
      node: 'n',
      epoch,
      attempt,
      files,
      positions: {},
    }
  }
  const keys = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { key } of store.list('')) found.push(key)
    return found
  }
  return { store, publisher, prepare, keys }
}

test('shows the files of an epoch when it is published, and not before', async () => {
  const { store, publisher, prepare, keys } = await setUp()
  const commit = await prepare(1)
  expect(await keys()).toEqual([])
  expect(await publisher.publish(commit)).toEqual({})
  expect(await publisher.publish(commit)).toEqual({})
  expect(await keys()).toEqual([
    'out/date=2024-06-10/part-in-1-1-a-0-0.parquet',
    'out/date=2024-06-11/part-in-1-1-a-0-1.parquet',
  ])
  const file = Uint8Array.from((await store.read('out/date=2024-06-10/part-in-1-1-a-0-0.parquet'))!)
  expect(await parquetReadObjects({ file: file.buffer, compressors })).toEqual([{ id: 1 }])
})

test('names a file that neither waits nor is there', async () => {
  const { publisher, prepare } = await setUp()
  const commit = await prepare(1)
  await publisher.discard(commit.files)
  expect(await publisher.publish(commit)).toEqual({ missing: commit.files[0]!.key })
})

test('deletes what dead attempts left, and leaves what waits', async () => {
  const { publisher, prepare } = await setUp()
  const live = await prepare(1)
  await prepare(1, '1-dead')
  expect(await publisher.clean('in', (_, attempt) => attempt === '1-dead')).toBe(2)
  expect(await publisher.publish(live)).toEqual({})
})

test('refuses a checkpoint that another kind of sink wrote', async () => {
  const { publisher, prepare } = await setUp()
  const commit = await prepare(1)
  const files = commit.files.map(({ key, bytes, checksum, records }) => ({
    key,
    bytes,
    checksum,
    records,
  }))
  await expect(publisher.publish({ ...commit, files })).rejects.toBeInstanceOf(CheckpointError)
})
