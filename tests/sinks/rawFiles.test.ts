import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, gzipSync } from 'node:zlib'

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import type {
  BatchWriter,
  Envelope,
  PreparedFile,
  Publisher,
  SinkCommit,
  SourceBatch,
  WriterContext,
} from '../../src/core/unit.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { parseRawKey } from '../../src/sinks/raw/rawName.ts'
import { rawFiles } from '../../src/sinks/rawFiles.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const NOW = Date.UTC(2024, 2, 9, 7, 59, 59)
const logger = { info: () => {}, warn: () => {}, error: () => {} }

let home: string
let lake: string
let count = 0
let now: number
let epoch: number
let attempt: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluicebox-raw-'))
})
afterAll(() => rm(home, { recursive: true }))
beforeEach(() => {
  lake = join(home, String(++count))
  now = NOW
  epoch = 4
  attempt = '3-c0ffee'
})

const clock = { now: () => now, sleep: async () => {} }
const context = (task = 'feed-tweets'): WriterContext => ({
  node: 'bronze',
  task,
  topology: 'tests',
  clock,
  runId: 'run',
  writer: 0,
  memoryBytes: 1 << 24,
  epoch: () => epoch,
  attempt: () => attempt,
})
const sink = (maxFileBytes?: number) =>
  rawFiles({ lake, path: 'bronze/twitter', ...(maxFileBytes && { maxFileBytes }) })
const batchWriter = async (maxFileBytes?: number): Promise<BatchWriter> => {
  const open = sink(maxFileBytes).openBatchWriter
  if (open === undefined) throw new Error('rawFiles takes batches')
  return open(context())
}
const publisher = (): Promise<Publisher> =>
  sink().openPublisher({ node: 'bronze', topology: 'tests', clock, logger })
const commit = (files: readonly PreparedFile[]): SinkCommit => ({
  lineage: 'l',
  topology: 'tests',
  task: 'feed-tweets',
  node: 'bronze',
  epoch,
  attempt,
  files,
  positions: null,
})
const batch = (part: Partial<SourceBatch>): SourceBatch => ({
  partition: 0,
  source: 'a.ndjson',
  ingestedAtMs: NOW,
  baseOffset: 0,
  ...part,
})
const appended = (text: string, extension = 'ndjson', header?: string): SourceBatch =>
  batch({
    bytes: encode(text),
    framing: 'lines',
    bronze: { kind: 'append', extension, ...(header !== undefined && { header: encode(header) }) },
  })
const kafka = (
  values: readonly string[],
  special?: SourceBatch['bronze'],
  between = '',
): SourceBatch => {
  const bounds: number[] = []
  let text = ''
  for (const value of values) {
    bounds.push(Buffer.byteLength(text), Buffer.byteLength(text + value))
    text += value + between
  }
  return batch({
    source: 'tweets/3',
    bytes: encode(text),
    framing: 'bounds',
    bounds: Uint32Array.from(bounds),
    offsets: Float64Array.from(values, (_, index) => 100 + index * 2),
    ...(special && { bronze: special }),
  })
}

/** Every visible file of the lake by its key. */
const visible = async (): Promise<Record<string, string>> => {
  const store = await openLake(lake)
  const found: Record<string, string> = {}
  for await (const { key } of store.list('')) {
    found[key] = Buffer.from((await store.read(key)) as Uint8Array).toString()
  }
  return found
}
const publishAll = async (files: readonly PreparedFile[]): Promise<Record<string, string>> => {
  expect(await (await publisher()).publish(commit(files))).toEqual({})
  return visible()
}

test('appends the batches of an epoch to one file that is visible once published', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('{"id":1}\n{"id":2}\n'))
  await writer.writeBatch(appended('{"id":3}\n'))
  const files = await writer.prepare()
  const text = '{"id":1}\n{"id":2}\n{"id":3}\n'
  const key = 'bronze/twitter/ingest_date=2024-03-09/hour=07/feed-tweets-4-3-c0ffee-0.ndjson'
  expect(files).toMatchObject([{ key, bytes: text.length, checksum: crc32(text) }])
  expect(await visible()).toEqual({})
  expect(await publishAll(files)).toEqual({ [key]: text })
  expect(await publishAll(files)).toEqual({ [key]: text })
})

test('names files by the epoch and the hour in which they were begun', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('a\n'))
  const first = await writer.prepare()
  epoch++
  now += 1000
  await writer.writeBatch(appended('b\n'))
  const keys = [...first, ...(await writer.prepare())].map(({ key }) => key)
  expect(keys.map((key) => key.slice('bronze/twitter/'.length))).toEqual([
    'ingest_date=2024-03-09/hour=07/feed-tweets-4-3-c0ffee-0.ndjson',
    'ingest_date=2024-03-09/hour=08/feed-tweets-5-3-c0ffee-1.ndjson',
  ])
})

test('what is written while an epoch is on its way to the disk belongs to the next one', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('a\n'))
  const first = writer.prepare()
  epoch++
  await writer.writeBatch(appended('b\n'))
  const files = [...(await first), ...(await writer.prepare())]
  const found = await publishAll(files)
  expect(files.map(({ key }) => [key.split('/').at(-1), found[key]])).toEqual([
    ['feed-tweets-4-3-c0ffee-0.ndjson', 'a\n'],
    ['feed-tweets-5-3-c0ffee-1.ndjson', 'b\n'],
  ])
})

test('prepares nothing where nothing was written', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(batch({ bytes: new Uint8Array(0), framing: 'lines' }))
  await writer.writeBatch(batch({ rejects: [] }))
  await writer.writeBatch({ ...appended('x\n'), bronze: { kind: 'none' } })
  expect(await writer.prepare()).toEqual([])
})

test('never lets two records fuse where a file ends without a line feed', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('{"id":1}'))
  await writer.writeBatch(appended('{"id":2}'))
  expect(Object.values(await publishAll(await writer.prepare()))).toEqual(['{"id":1}\n{"id":2}\n'])
})

test('keeps a record that comes in pieces as one, however large they are', async () => {
  const piece = (text: string, source: string, goesOn: boolean): SourceBatch => ({
    ...appended(text),
    source,
    bronze: { kind: 'append', extension: 'ndjson', ...(goesOn && { goesOn: true }) },
  })
  const large = 'x'.repeat(700_000)
  const writer = await batchWriter()
  await writer.writeBatch(piece('{"a":"', 'a', true))
  await writer.writeBatch(piece(large, 'a', true))
  await writer.writeBatch(piece('y"}\n{"a":2', 'a', false))
  await writer.writeBatch(piece('{"given up', 'b', true))
  await writer.writeBatch(piece('{"c":1}\n', 'c', false))
  const [text] = Object.values(await publishAll(await writer.prepare()))
  expect(text).toBe(`{"a":"${large}y"}\n{"a":2\n{"given up\n{"c":1}\n`)
})

test('adds no line feed to rows that end in a carriage return', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('1\r2\r', 'csv', 'id\r'))
  await writer.writeBatch(appended('3', 'csv', 'id\r'))
  await writer.writeBatch(appended('4\r\n', 'csv', 'id\r'))
  expect(Object.values(await publishAll(await writer.prepare()))).toEqual(['id\r1\r2\r3\r4\r\n'])
})

test('begins every CSV file with its header, one file a header', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('1,2\r\n', '.csv', 'a,b\r\n'))
  await writer.writeBatch(appended('x\n', 'csv', 'c'))
  await writer.writeBatch(appended('3,4', 'csv', 'a,b\r\n'))
  const files = Object.values(await publishAll(await writer.prepare()))
  expect(files.sort()).toEqual(['a,b\r\n1,2\r\n3,4\n', 'c\nx\n'])
})

test('quotes the header where the source names columns only', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(
    batch({ bytes: encode('1,2\n'), framing: 'csv', header: ['plain', 'with "quotes", comma'] }),
  )
  expect(Object.values(await publishAll(await writer.prepare()))).toEqual([
    'plain,"with ""quotes"", comma"\n1,2\n',
  ])
})

test('copies whole files under their own extension', async () => {
  const zipped = gzipSync('{"id":1}\n')
  const path = join(home, `export-${count}.ndjson.gz`)
  await writeFile(path, zipped)
  const writer = await batchWriter()
  const bronze = { kind: 'copy', extension: '.ndjson.gz', path, size: zipped.length } as const
  await writer.writeBatch({ ...appended('{"id":1}\n'), bronze })
  await writer.writeBatch({ ...appended('more\n'), bronze: { kind: 'none' } })
  const files = await writer.prepare()
  expect(files).toMatchObject([{ bytes: zipped.length, checksum: crc32(zipped) }])
  await publishAll(files)
  expect(files[0]?.key).toMatch(/-0\.ndjson\.gz$/)
  const kept = await (await openLake(lake)).read(files[0]?.key as string)
  expect(Buffer.compare(kept as Uint8Array, zipped)).toBe(0)
})

test('refuses to keep a file that has changed since it was read', async () => {
  const path = join(home, `growing-${count}.json`)
  await writeFile(path, '[1,2,3]')
  const writer = await batchWriter()
  const bronze = { kind: 'copy', extension: 'json', path, size: 5 } as const
  await writer.writeBatch({ ...appended('x'), bronze })
  await expect(writer.prepare()).rejects.toMatchObject({
    code: 'SBX_RAW_FILE_CHANGED',
    retryable: true,
  })
  expect(await readdir(join(lake, '_staging/feed-tweets'))).toEqual([])
})

test.each(['', '\n', '--'])(
  'keeps the values of Kafka one a line (%j between them)',
  async (gap) => {
    const writer = await batchWriter()
    await writer.writeBatch(kafka(['{"id":1}', 'not json', '{"ü":2}'], undefined, gap))
    const files = await writer.prepare()
    expect(files[0]?.records).toBe(3)
    expect(Object.values(await publishAll(files))).toEqual(['{"id":1}\nnot json\n{"ü":2}\n'])
  },
)

test('wraps values that are no line, null or have headers', async () => {
  const writer = await batchWriter()
  const special = [
    { index: 2, isNull: true, headers: [] },
    { index: 3, isNull: false, headers: [['trace', encode('7')] as const, ['no', null] as const] },
  ]
  const values = ['a\nb', '', '', 'plain', 'last']
  await writer.writeBatch(kafka(values, { kind: 'values', special }))
  const [text] = Object.values(await publishAll(await writer.prepare())) as [string]
  const lines = text.trimEnd().split('\n')
  expect(lines.slice(0, 4).map((line) => JSON.parse(line) as unknown)).toEqual([
    envelope(100, 'a\nb'),
    envelope(102, ''),
    { ...envelope(104, ''), value: null },
    {
      ...envelope(106, 'plain'),
      headers: [
        ['trace', 'Nw=='],
        ['no', null],
      ],
    },
  ])
  expect(lines[4]).toBe('last')
})
const envelope = (offset: number, value: string) => ({
  sluicebox_envelope: 1,
  source: 'tweets/3',
  offset,
  value: Buffer.from(value).toString('base64'),
  headers: [],
})

test('gives every value back, whatever it is', async () => {
  const bytes = fc.uint8Array({ maxLength: 12, max: 16 })
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 20 }), async (values) => {
      const path = `memory:raw-${++count}`
      const open = rawFiles({ lake: path, path: 'b' }).openBatchWriter
      const writer = (await open?.(context())) as BatchWriter
      const bounds = new Uint32Array(values.length * 2)
      for (const [index, value] of values.entries()) {
        bounds[index * 2] = index === 0 ? 0 : (bounds[index * 2 - 1] as number)
        bounds[index * 2 + 1] = (bounds[index * 2] as number) + value.length
      }
      await writer.writeBatch(batch({ bytes: Buffer.concat(values), framing: 'bounds', bounds }))
      const files = await writer.prepare()
      const store = await openLake(path)
      const { key, bytes: size, checksum, staged } = files[0] as PreparedFile
      await store.publish({ key, bytes: size, checksum, staged: staged as string })
      const text = Buffer.from((await store.read(key)) as Uint8Array).toString('latin1')
      const back = text
        .split('\n')
        .slice(0, -1)
        .map((line) =>
          line.startsWith('{"sluicebox_envelope"')
            ? Buffer.from((JSON.parse(line) as { value: string }).value, 'base64')
            : Buffer.from(line, 'latin1'),
        )
      expect(back.map((value) => [...value])).toEqual(values.map((value) => [...value]))
    }),
    { numRuns: 50 },
  )
})

test('begins a new file when one is large enough, and loses nothing between them', async () => {
  const writer = await batchWriter(1000)
  const lines = Array.from({ length: 40 }, (_, n) => `{"n":${n},"pad":"${'x'.repeat(90)}"}\n`)
  for (const line of lines) await writer.writeBatch(appended(line))
  const files = await writer.prepare()
  expect(files.length).toBeGreaterThan(2)
  expect(new Set(files.map(({ key }) => key)).size).toBe(files.length)
  const found = await publishAll(files)
  expect(files.map(({ key }) => found[key]).join('')).toBe(lines.join(''))
})

test('passes large batches on and keeps the order of all', async () => {
  const writer = await batchWriter()
  const large = `${'y'.repeat(700_000)}\n`
  const pieces = ['a\n', large, 'b\n', large, large, 'c\n']
  for (const piece of pieces) await writer.writeBatch(appended(piece))
  expect(Object.values(await publishAll(await writer.prepare()))).toEqual([pieces.join('')])
})

test('keeps few files open however many headers there are', async () => {
  const writer = await batchWriter()
  for (let n = 0; n < 40; n++) await writer.writeBatch(appended(`${n}\n`, 'csv', `column${n}\n`))
  const files = await writer.prepare()
  expect(files).toHaveLength(40)
  expect(Object.values(await publishAll(files)).sort()).toEqual(
    Array.from({ length: 40 }, (_, n) => `column${n}\n${n}\n`).sort(),
  )
})

test('leaves the buffers of a batch to the caller once it has taken them', async () => {
  const writer = await batchWriter()
  const reused = encode('{"id":1}\n')
  const made = { ...appended(''), bytes: reused }
  await writer.writeBatch(made)
  reused.set(encode('{"id":2}\n'))
  await writer.writeBatch(made)
  expect(Object.values(await publishAll(await writer.prepare()))).toEqual(['{"id":1}\n{"id":2}\n'])
})

test('forgets what was not prepared when it is closed', async () => {
  const writer = await batchWriter()
  await writer.writeBatch(appended('x\n'.repeat(600_000)))
  await writer.close()
  expect(await readdir(join(lake, '_staging/feed-tweets'))).toEqual([])
})

describe('record by record', () => {
  const at = (raw: string, offset: number, header?: readonly string[]): Envelope => ({
    source: 'tweets/3',
    offset,
    ingestedAtMs: NOW,
    shape: '',
    header,
    raw: () => encode(raw),
  })

  test('writes the raw slice of each record a line', async () => {
    const writer = await sink().openWriter(context())
    writer.write(encode('ignored'), at('{"id":1}', 1))
    writer.write(encode('ignored'), at('two\nlines', 2))
    await writer.relieve()
    writer.write(encode('ignored'), at('{"id":3}', 3))
    const files = await writer.prepare()
    expect(files).toMatchObject([{ records: 3 }])
    expect(files[0]?.key).toMatch(/feed-tweets-4-3-c0ffee-w0_0\.ndjson$/)
    expect(Object.values(await publishAll(files))).toEqual([
      `{"id":1}\n${JSON.stringify(envelope(2, 'two\nlines'))}\n{"id":3}\n`,
    ])
    await writer.close()
  })

  test('writes rows of CSV behind their header', async () => {
    const writer = await sink().openWriter(context())
    const header = ['a', 'b']
    writer.write(encode(''), at('1,"x\ny"', 0, header))
    writer.write(encode(''), at('2,3', 9, header))
    expect(Object.values(await publishAll(await writer.prepare()))).toEqual([
      'a,b\n1,"x\ny"\n2,3\n',
    ])
  })
})

describe('the publisher', () => {
  const written = async (): Promise<readonly PreparedFile[]> => {
    const writer = await batchWriter()
    await writer.writeBatch(appended('x\n'))
    return writer.prepare()
  }

  test('names a file that is gone', async () => {
    const files = await written()
    const publishing = await publisher()
    await publishing.discard(files)
    await publishing.discard(files)
    expect(await publishing.publish(commit(files))).toEqual({
      missing: files[0]?.key,
      again: true,
    })
  })

  test('refuses a checkpoint that does not say where a file waits', async () => {
    const [{ staged: _, ...file }] = (await written()) as [PreparedFile]
    await expect((await publisher()).publish(commit([file]))).rejects.toMatchObject({
      name: 'CheckpointError',
      code: 'SBX_RAW_CHECKPOINT',
    })
  })

  test('cleans what dead attempts of its task and path left, and nothing else', async () => {
    await written()
    attempt = '5-beef'
    epoch = 7
    const alive = await written()
    const store = await openLake(lake)
    await store.stage('feed-tweets', 'bronze/reddit/x-1-1-dead-0.ndjson').close()
    await store.stage('feed-tweets', 'bronze/twitter/feed-9-1-c0ffee-0.ndjson').close()
    const asked: [number, string][] = []
    const removed = await (
      await publisher()
    ).clean('feed-tweets', (of, by) => {
      asked.push([of, by])
      return by === '3-c0ffee'
    })
    expect(removed).toBe(1)
    expect(asked).toEqual([
      [4, '3-c0ffee'],
      [7, '5-beef'],
    ])
    expect(await readdir(join(lake, '_staging/feed-tweets'))).toHaveLength(3)
    expect(await (await publisher()).publish(commit(alive))).toEqual({})
  })
})

test('reads names from the right, since tasks may hold dashes and digits', () => {
  const parts = { task: 'feed-1-2-tweets/3', epoch: 12, attempt: '10-00ff' }
  const key = 'b/hour=01/feed-1-2-tweets%2F3-12-10-00ff'
  expect(parseRawKey(`${key}-7.ndjson.gz`)).toEqual(parts)
  expect(parseRawKey(`${key}-w2_7.csv`)).toEqual(parts)
  expect(parseRawKey('b/part-00001.parquet')).toBeUndefined()
})

test('describes itself in plain JSON and is frozen', () => {
  const made = rawFiles({ lake: 'memory:x', path: 'bronze' })
  expect(JSON.parse(JSON.stringify(made))).toEqual({
    kind: 'sink',
    type: 'rawFiles',
    options: { lake: 'memory:x', path: 'bronze', maxFileBytes: 134_217_728 },
    rank: 'bronze',
  })
  expect(Object.isFrozen(made)).toBe(true)
})

test.each([{ path: '../up' }, { path: '' }, { maxFileBytes: 0 }, { maxFileBytes: 1.5 }])(
  'refuses %j',
  (wrong) => {
    expect(() => rawFiles({ lake: 'memory:x', path: 'b', ...wrong })).toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    )
  },
)
