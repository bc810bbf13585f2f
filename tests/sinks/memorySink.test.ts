import { expect, test } from 'vitest'

import type { Envelope, PreparedFile, SinkCommit, WriterContext } from '../../src/core/unit.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'

const clock = { now: () => 0, sleep: async () => {} }
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const context: WriterContext = {
  node: 'kept',
  task: 'numbers',
  topology: 'tests',
  clock,
  runId: 'run',
  writer: 0,
  memoryBytes: 1024,
  epoch: () => 2,
  attempt: () => '1-aa',
}
const envelope = {} as Envelope
const commit = (files: readonly PreparedFile[]): SinkCommit => ({
  lineage: 'l',
  topology: 'tests',
  task: 'numbers',
  node: 'kept',
  epoch: 2,
  attempt: '1-aa',
  files,
  positions: null,
})

test('shows records once they are published, each once', async () => {
  const sink = memorySink<number>()
  const writer = await sink.openWriter(context)
  const publisher = await sink.openPublisher({ node: 'kept', topology: 'tests', clock, logger })
  writer.write(1, envelope)
  writer.write(2, envelope)
  await writer.relieve()
  const files = await writer.prepare()
  expect(files).toMatchObject([{ records: 2 }])
  expect(sink.records).toEqual([])
  await publisher.publish(commit(files))
  await publisher.publish(commit(files))
  expect(sink.records).toEqual([1, 2])
  expect(await writer.prepare()).toEqual([])
})

test('forgets what was lost or never prepared', async () => {
  const sink = memorySink<number>()
  const writer = await sink.openWriter(context)
  const publisher = await sink.openPublisher({ node: 'kept', topology: 'tests', clock, logger })
  writer.write(1, envelope)
  const files = await writer.prepare()
  await publisher.discard(files)
  writer.write(2, envelope)
  await writer.close()
  expect(await writer.prepare()).toEqual([])
  await expect(publisher.publish(commit(files))).rejects.toMatchObject({
    code: 'SBX_MEMORY_SINK_GONE',
  })
  expect(sink.records).toEqual([])
  expect(await publisher.clean('numbers', () => true)).toBe(0)
})
