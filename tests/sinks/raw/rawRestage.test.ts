import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SourceError } from '../../../src/core/errors.ts'
import type { SinkCommit, SourceBatch, SourceRange } from '../../../src/core/unit.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { rawFiles } from '../../../src/sinks/rawFiles.ts'

const clock = { now: () => Date.UTC(2024, 2, 9), sleep: async () => {} }
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const PATH = 'bronze'
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

let home: string
let count = 0
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluicebox-restage-'))
})
afterAll(() => rm(home, { recursive: true }))

/** Sources as they are now, and how an epoch read them: a piece from each turn's source. */
interface Story {
  readonly content: Readonly<Record<string, string>>
  readonly turns: readonly { readonly source: string; readonly bytes: number }[]
}

/** Lines of a source up to a length, the last one perhaps cut, as a source of files hands them over. */
function* batchesOf({ content, turns }: Story, header?: string): Generator<SourceBatch> {
  const at: Record<string, number> = {}
  for (const { source, bytes } of turns) {
    const from = at[source] ?? 0
    const to = Math.min(content[source]!.length, from + bytes)
    if (to === from) continue
    at[source] = to
    const piece = content[source]!.slice(from, to)
    const isLast = to === content[source]!.length
    const goesOn = !isLast && !piece.endsWith('\n')
    // A last record without its line end is given one by the source.
    const text = isLast && !piece.endsWith('\n') ? `${piece}\n` : piece
    yield {
      ...{ partition: 0, source, ingestedAtMs: 0, baseOffset: from, bytes: encode(text) },
      bronze: {
        ...{ kind: 'append', extension: header === undefined ? 'ndjson' : 'csv', from, to },
        ...(header !== undefined && { header: encode(header) }),
        ...(goesOn && { goesOn: true }),
      },
    }
  }
}

const rereadFrom = (content: Story['content'], pieceBytes: number) =>
  async function* (range: SourceRange): AsyncGenerator<SourceBatch> {
    const { source, from, to } = range
    const text = content[source]
    if (text === undefined) {
      throw new SourceError(`${source} is gone`, { code: 'SBX_LANDING_CHANGED' })
    }
    for (let at = from; at < to; at += pieceBytes) {
      const end = Math.min(to, at + pieceBytes)
      yield {
        ...{ partition: 0, source, ingestedAtMs: 0, baseOffset: at },
        bytes: encode(text.slice(at, end)),
        bronze: { kind: 'append', extension: '', ...(end < to && { goesOn: true }) },
      }
    }
  }

async function prepared(batches: Iterable<SourceBatch>, maxFileBytes: number) {
  const lake = join(home, String(++count))
  const sink = rawFiles({ lake, path: PATH, maxFileBytes })
  const writer = await sink.openBatchWriter!({
    ...{ node: 'bronze', task: 'files', topology: 't', clock, runId: 'r', writer: 0 },
    ...{ memoryBytes: 1 << 20, epoch: () => 3, attempt: () => '2-abc' },
  })
  for (const batch of batches) await writer.writeBatch(batch)
  const files = JSON.parse(JSON.stringify(await writer.prepare())) as SinkCommit['files']
  const publisher = await sink.openPublisher({ node: 'bronze', topology: 't', clock, logger })
  const names = { lineage: 'l', topology: 't', task: 'files', node: 'bronze', positions: null }
  const commit: SinkCommit = { ...names, epoch: 3, attempt: '2-abc', files }
  return { publisher, commit, store: await openLake(lake) }
}

async function bytesOf(commit: SinkCommit, store: Awaited<ReturnType<typeof openLake>>) {
  const all = commit.files.map(async ({ key }) => Buffer.from((await store.read(key))!).toString())
  return Promise.all(all)
}

const line = fc.string({ unit: fc.constantFrom('a', 'b', ','), minLength: 1, maxLength: 30 })
const file = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 20 }), fc.boolean())
  .map(([lines, isEnded]) => lines.join('\n') + (isEnded ? '\n' : ''))
const story = fc.record({
  content: fc.record({ 'a.ndjson': file, 'b.ndjson': file }),
  turns: fc.array(
    fc.record({
      source: fc.constantFrom('a.ndjson', 'b.ndjson'),
      bytes: fc.integer({ min: 1, max: 200 }),
    }),
    { minLength: 1, maxLength: 12 },
  ),
})

test('makes the same bytes again, however files grew side by side and wherever they were cut', async () => {
  const header = fc.option(fc.constant('h1,h2\n'), { nil: undefined })
  const sizes = fc.record({
    max: fc.constantFrom(40, 1000),
    piece: fc.integer({ min: 1, max: 90 }),
  })
  await fc.assert(
    fc.asyncProperty(story, sizes, header, async (told, { max, piece }, head) => {
      const batches = [...batchesOf(told, head)]
      const undisturbed = await prepared(batches, max)
      await undisturbed.publisher.publish(undisturbed.commit)
      const want = await bytesOf(undisturbed.commit, undisturbed.store)

      const { publisher, commit, store } = await prepared(batches, max)
      await publisher.discard(commit.files)
      const missing = commit.files[0]!.key
      expect(await publisher.publish(commit)).toEqual({ missing, again: true })
      const restaged = await publisher.restage!(commit, rereadFrom(told.content, piece))
      const again = { ...commit, files: 'files' in restaged ? restaged.files : [] }
      expect(again.files).toHaveLength(commit.files.length)
      expect(await publisher.publish(again)).toEqual({})
      expect(await bytesOf(commit, store)).toEqual(want)
    }),
    { numRuns: 60 },
  )
})

const STORY: Story = {
  content: { 'a.ndjson': '{"a":1}\n{"a":2}\n' },
  turns: [{ source: 'a.ndjson', bytes: 16 }],
}

test('leaves alone what is published already, and removes what a killed attempt has staged of it', async () => {
  const { publisher, commit, store } = await prepared(batchesOf(STORY), 1000)
  const twin = store.stage('files', commit.files[0]!.key)
  expect(await publisher.publish(commit)).toEqual({})
  expect(await publisher.restage!(commit, undefined)).toEqual({ files: commit.files })
  await twin.write(encode(STORY.content['a.ndjson']!))
  await twin.close()
  expect(await publisher.clean('files', () => false)).toBe(1)
  for await (const left of store.listStaged('files')) expect(left).toBeUndefined()
  expect(await bytesOf(commit, store)).toEqual([STORY.content['a.ndjson']])
})

test.each([
  ['holds other bytes', { 'a.ndjson': '{"a":1}\n{"a":3}\n' }, /holds other bytes now/],
  ['is gone', {}, /a\.ndjson is gone/],
])('says what is lost where the source %s, and stages nothing', async (_, content, text) => {
  const { publisher, commit, store } = await prepared(batchesOf(STORY), 1000)
  await publisher.discard(commit.files)
  const answer = await publisher.restage!(commit, rereadFrom(content, 100))
  expect('lost' in answer && answer.lost).toMatch(text)
  for await (const left of store.listStaged('files')) expect(left).toBeUndefined()
})

test('says so where the source can be read only once', async () => {
  const { publisher, commit } = await prepared(batchesOf(STORY), 1000)
  await publisher.discard(commit.files)
  const answer = await publisher.restage!(commit, undefined)
  expect('lost' in answer && answer.lost).toContain('can be read only once')
})

test('values of a partition are found by their offsets', async () => {
  const values = ['one', 'two\nlines', 'three', 'four']
  const batchOf = (first: number, last: number): SourceBatch => {
    const texts = values.slice(first, last)
    const bounds: number[] = []
    let text = ''
    for (const value of texts) {
      bounds.push(text.length, text.length + value.length)
      text += value
    }
    return {
      ...{ partition: 0, source: 'topic/0', ingestedAtMs: 0, baseOffset: first, framing: 'bounds' },
      ...{ bytes: encode(text), bounds: Uint32Array.from(bounds) },
      bronze: { kind: 'values', special: [], from: first, to: last },
    }
  }
  const { publisher, commit, store } = await prepared([batchOf(0, 1), batchOf(1, 4)], 1000)
  await publisher.discard(commit.files)
  const asked: SourceRange[] = []
  const restaged = await publisher.restage!(commit, async function* (range) {
    asked.push(range)
    yield batchOf(range.from, 2)
    yield batchOf(2, range.to)
  })
  expect(asked).toEqual([{ source: 'topic/0', from: 0, to: 4 }])
  expect(await publisher.publish({ ...commit, files: (restaged as SinkCommit).files })).toEqual({})
  expect((await bytesOf(commit, store))[0]!.split('\n')).toHaveLength(5)
})
