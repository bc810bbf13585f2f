import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, test } from 'vitest'
import type { Column } from '../../src/core/columns.ts'
import type { Envelope, WriterContext } from '../../src/core/unit.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import { partitionedWriter } from '../../src/lake/partitionedWriter.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const columns: readonly Column[] = [
  { name: 'platform', type: 'string', nullable: true },
  { name: 'date', type: 'date', nullable: false },
  { name: 'id', type: 'int64', nullable: false },
  { name: 'text', type: 'string', nullable: false },
]
const noEnvelope = undefined as unknown as Envelope

/** @param until - nothing is written before that */
function open(
  memoryBytes = 1 << 30,
  partitionBy = ['platform', 'date'],
  until: Promise<void> = Promise.resolve(),
) {
  const store = memoryStore()
  const writing = { epoch: 2 }
  const context: WriterContext = {
    node: 'posts',
    task: 'tweets',
    topology: 't',
    clock: virtualClock(),
    runId: 'r',
    writer: 1,
    memoryBytes,
    epoch: () => writing.epoch,
    attempt: () => '1-abc',
  }
  const writer = partitionedWriter({
    ...{ context, columns, partitionBy, path: 'silver/posts' },
    open: async (key) => {
      const sink = store.openWriter(key)
      return { ...sink, write: (bytes) => until.then(() => sink.write(bytes)) }
    },
  })
  const write = (row: object): void => writer.write(row as never, noEnvelope)
  const read = async (key: string) => {
    const bytes = await store.read(key)
    return parquetReadObjects({ file: Uint8Array.from(bytes!).buffer, compressors })
  }
  return { store, writer, write, read, writing }
}

test('writes one file a partition, without the partition columns', async () => {
  const { writer, write, read } = open()
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  write({ platform: null, date: '2024-06-10', id: 2, text: 'b' })
  write({ platform: 'twitter', date: '2024-06-10', id: 3n, text: 'c' })
  write({ platform: 'twitter', date: '2024-06-11', id: 4, text: 'd' })
  const files = await writer.prepare()
  expect(files.map(({ key, records }) => [key, records])).toEqual([
    [
      'silver/posts/platform=__HIVE_DEFAULT_PARTITION__/date=2024-06-10/part-tweets-2-1-abc-1-1.parquet',
      1,
    ],
    ['silver/posts/platform=twitter/date=2024-06-10/part-tweets-2-1-abc-1-0.parquet', 2],
    ['silver/posts/platform=twitter/date=2024-06-11/part-tweets-2-1-abc-1-2.parquet', 1],
  ])
  expect(await read(files[1]!.key)).toEqual([
    { id: 1n, text: 'a' },
    { id: 3n, text: 'c' },
  ])
  expect(files[0]!.detail).toEqual({
    partitionValues: { platform: null, date: '2024-06-10' },
    stats:
      '{"numRecords":1,"minValues":{"id":2,"text":"b"},"maxValues":{"id":2,"text":"b"},"nullCount":{"id":0,"text":0}}',
  })
})

test('writes into the folder itself where there are no partition columns', async () => {
  const { writer, write } = open(1 << 30, [])
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  write({ platform: 'reddit', date: '2024-06-11', id: 2, text: 'b' })
  const files = await writer.prepare()
  expect(files.map(({ key, records }) => [key, records])).toEqual([
    ['silver/posts/part-tweets-2-1-abc-1-0.parquet', 2],
  ])
})

test('begins anew after every barrier, and an epoch without rows has no files', async () => {
  const { writer, write, writing } = open()
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  expect(await writer.prepare()).toHaveLength(1)
  expect(await writer.prepare()).toEqual([])
  writing.epoch = 3
  write({ platform: 'twitter', date: '2024-06-10', id: 2, text: 'b' })
  const [file] = await writer.prepare()
  expect(file).toMatchObject({ records: 1 })
  expect(file!.key).toMatch(/part-tweets-3-1-abc-1-1\.parquet$/)
})

test('what is written while an epoch is on its way to the disk belongs to the next one', async () => {
  const { writer, write, read, writing } = open()
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  const first = writer.prepare()
  writing.epoch = 3
  write({ platform: 'twitter', date: '2024-06-10', id: 2, text: 'b' })
  const [[one], [two]] = [await first, await writer.prepare()]
  expect([one!.key, two!.key].map((key) => key.split('/').at(-1))).toEqual([
    'part-tweets-2-1-abc-1-0.parquet',
    'part-tweets-3-1-abc-1-1.parquet',
  ])
  expect(await read(one!.key)).toEqual([{ id: 1n, text: 'a' }])
  expect(await read(two!.key)).toEqual([{ id: 2n, text: 'b' }])
})

test('waits for what is on its way to the disk when memory runs short', async () => {
  const { writer, write } = open(0)
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  let isDone = false
  const first = writer.prepare().then(() => (isDone = true))
  await writer.relieve()
  expect(isDone).toBe(true)
  await first
})

test('takes what is being written of the last epoch for memory that is held', async () => {
  let go = (): void => {}
  const { writer, write } = open(600_000, ['platform'], new Promise((done) => (go = done)))
  const fill = (): void => {
    for (let id = 0; id < 400; id++) {
      const text = randomBytes(500).toString('hex')
      write({ platform: 'twitter', date: '2024-06-10', id, text })
    }
  }
  fill()
  const first = writer.prepare()
  await setImmediate()
  fill()
  let isRelieved = false
  const relieved = writer.relieve().then(() => (isRelieved = true))
  await setImmediate()
  expect(isRelieved).toBe(false)
  go()
  await Promise.all([first, relieved])
})

test('closes behind an epoch that is on its way to the disk', async () => {
  const { writer, write, store } = open()
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  const first = writer.prepare()
  await writer.close()
  const [file] = await first
  expect(await store.read(file!.key)).toHaveLength(file!.bytes)
})

/** A writer whose files are begun and written when the test says so. */
function openHeld(memoryBytes = 1 << 30) {
  const written: string[] = []
  const aborted: string[] = []
  const begun: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const gate = (platform: string): PromiseWithResolvers<void> => {
    if (!gates.has(platform)) gates.set(platform, Promise.withResolvers())
    return gates.get(platform)!
  }
  const context = {
    ...{ node: 'posts', task: 'tweets', topology: 't', clock: virtualClock(), runId: 'r' },
    ...{ writer: 1, memoryBytes, epoch: () => 2, attempt: () => '1-abc' },
  }
  const writer = partitionedWriter({
    ...{ context, columns, partitionBy: ['platform'], path: 'posts' },
    open: async (key) => {
      const platform = /platform=([^/]+)/.exec(key)![1]!
      begun.push(platform)
      await gate(platform).promise
      return {
        write: async () => {},
        close: async () => {
          written.push(platform)
          return { bytes: 1, checksum: 1 }
        },
        abort: async () => void aborted.push(platform),
      }
    },
  })
  const write = (platform: string): void =>
    writer.write({ platform, date: '2024-06-10', id: 1, text: 'a' }, noEnvelope)
  return { writer, write, gate, begun, written, aborted }
}

test('where a file fails it waits for those beside it, and begins none of those behind', async () => {
  const { writer, write, gate, begun, written } = openHeld()
  const platforms = Array.from({ length: 12 }, (_, at) => `p${at}`)
  for (const platform of platforms) write(platform)
  for (const platform of platforms.slice(2)) gate(platform).resolve()
  let isOver = false
  const preparing = writer.prepare()
  preparing.catch(() => (isOver = true))
  gate('p1').reject(new Error('the disk is full'))
  await setImmediate()
  expect(isOver).toBe(false)
  gate('p0').resolve()
  await expect(preparing).rejects.toThrow('the disk is full')
  await writer.close()
  expect(begun).toEqual(platforms.slice(0, 8))
  expect(written.toSorted()).toEqual(['p0', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'])
})

test('closed while an epoch is on its way to the disk it begins no more files of it', async () => {
  const { writer, write, gate, begun } = openHeld()
  const platforms = Array.from({ length: 12 }, (_, at) => `p${at}`)
  for (const platform of platforms) write(platform)
  const preparing = expect(writer.prepare()).rejects.toThrow(/closed/)
  const closing = writer.close()
  for (const platform of platforms) gate(platform).resolve()
  await Promise.all([preparing, closing])
  expect(begun).toEqual(platforms.slice(0, 8))
})

test('closed while it makes room it gives up what it has begun for that, and begins no more', async () => {
  const { writer, write, gate, begun, aborted } = openHeld(0)
  write('p0')
  write('p1')
  const relieving = writer.relieve()
  await setImmediate()
  const closing = writer.close()
  for (const platform of begun) gate(platform).resolve()
  await Promise.all([relieving, closing])
  expect(begun).toHaveLength(1)
  expect(aborted).toEqual(begun)
})

test('writes out the largest partitions when memory runs short, and still one file each', async () => {
  const { writer, write, read, store } = open(600_000)
  const random = (i: number) =>
    Buffer.from(String(Math.sin(i)))
      .toString('base64')
      .repeat(4)
  for (let i = 0; i < 20_000; i++) {
    write({ platform: i % 10 ? 'big' : 'small', date: '2024-06-10', id: i, text: random(i) })
    if (i % 500 === 0) await writer.relieve()
  }
  const files = await writer.prepare()
  expect(files.map(({ records }) => records)).toEqual([18_000, 2000])
  const ids = (await read(files[0]!.key)).map(({ id }) => Number(id))
  expect(ids).toEqual(Array.from({ length: 20_000 }, (_, i) => i).filter((i) => i % 10 !== 0))
  for await (const { key, bytes } of store.list('')) {
    expect(files.find((file) => file.key === key)?.bytes).toBe(bytes)
  }
})

test('forgets everything when it is closed', async () => {
  const { writer, write, store } = open(0)
  write({ platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' })
  await writer.relieve()
  write({ platform: 'twitter', date: '2024-06-10', id: 2, text: 'b' })
  await writer.close()
  expect(await writer.prepare()).toEqual([])
  for await (const { key } of store.list('')) expect.fail(`${key} is left`)
})

test('refuses a row that does not fit, naming the column', () => {
  const { write } = open()
  const row = { platform: 'twitter', date: '2024-06-10', id: 1, text: 'a' }
  expect(() => write({ ...row, date: null })).toThrow(/partition column date is null/)
  expect(() => write({ ...row, text: 5 })).toThrow(/column text is string, and 5 is no string/)
})
