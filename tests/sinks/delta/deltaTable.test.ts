import { randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { CheckpointError, ConfigError } from '../../../src/core/errors.ts'
import { date, int64, timestamp } from '../../../src/core/schema.ts'
import type { Envelope, SinkCommit, Table, WriterContext } from '../../../src/core/unit.ts'
import { parseActions } from '../../../src/lake/delta/actions.ts'
import { deltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../../src/lake/delta/deltaSchema.ts'
import { entryKey } from '../../../src/lake/delta/logKeys.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { deltaTable } from '../../../src/sinks/delta/deltaTable.ts'
import { foreignTxn } from '../../../src/sinks/delta/deltaTxn.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'

const Post = v.object({
  platform: v.string(),
  date: date(),
  id: v.string(),
  at: timestamp(),
  likes: v.nullable(int64()),
})
type Post = v.InferOutput<typeof Post>

const clock = virtualClock()
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const noEnvelope = undefined as unknown as Envelope
const path = 'silver/posts'
const post = (id: string, platform = 'twitter'): Post => ({
  ...{ platform, date: '2024-06-10', id, at: 1_717_977_600_000_000, likes: null },
})

/** One sink, its lake, and what the runtime would do with them. */
async function setUp(lake = `memory:${randomUUID()}`) {
  const table = deltaTable({ lake, path, schema: Post, partitionBy: ['platform', 'date'] })
  const store = await openLake(lake)
  const publisher = await table.openPublisher({ node: 'posts', topology: 'flow', clock, logger })

  const prepare = async (
    epoch: number,
    rows: readonly Post[],
    task = 'tweets',
    attempt = '1-a',
  ) => {
    const context: WriterContext = {
      ...{ node: 'posts', task, topology: 'flow', clock, runId: 'r', writer: 0 },
      ...{ memoryBytes: 1 << 24, epoch: () => epoch, attempt: () => attempt },
    }
    const writer = await table.openWriter(context)
    for (const row of rows) writer.write(row, noEnvelope)
    const commit: SinkCommit = {
      ...{ lineage: 'line', topology: 'flow', task, node: 'posts', epoch, attempt },
      ...{ files: await writer.prepare(), positions: { offset: epoch } },
    }
    return commit
  }
  const records = async (): Promise<number> =>
    (await readDelta(store, path))?.files.reduce((sum, file) => sum + (file.records ?? 0), 0) ?? 0
  const entries = async (): Promise<number> => ((await readDelta(store, path))?.version ?? -1) + 1
  const entry = async (version: number) =>
    parseActions((await store.read(entryKey(path, version)))!)
  return { lake, table, store, publisher, prepare, records, entries, entry }
}

describe('definition', () => {
  test('infers its rows from the schema and refuses what does not fit', () => {
    const table = deltaTable({ lake: 'memory:x', path, schema: Post, partitionBy: ['platform'] })
    expectTypeOf(table).toEqualTypeOf<Table<Post>>()
    expectTypeOf(deltaTable({ lake: 'memory:x', path, schema: Post })).toEqualTypeOf<Table<Post>>()
    // @ts-expect-error no such column
    expect(() => deltaTable({ lake: 'x', path, schema: Post, partitionBy: ['nope'] })).toThrow(
      ConfigError,
    )
    // @ts-expect-error rows of another table
    const other: Table<{ platform: string }> = table
    expect(other).toBe(table)
  })

  test('is plain data, and refuses paths and schemas that can not be', () => {
    const table = deltaTable({ lake: 'memory:x', path, schema: Post, partitionBy: ['platform'] })
    expect(table.options).toMatchObject({ lake: 'memory:x', path, partitionBy: ['platform'] })
    expect(JSON.parse(JSON.stringify(table.options))).toEqual(table.options)
    expect(() => deltaTable({ lake: 'x', path: '../up', schema: Post })).toThrow(ConfigError)
    expect(() => deltaTable({ lake: 'x', path, schema: v.object({ d: v.date() }) })).toThrow(
      /column d/,
    )
  })
})

describe('publish', () => {
  test('adds the files of an epoch with its txn, positions and statistics', async () => {
    const { publisher, prepare, entry, records } = await setUp()
    expect(await publisher.publish(await prepare(1, [post('a'), post('b', 'x/y')]))).toEqual({})
    expect(await records()).toBe(2)
    const actions = await entry(0)
    expect(actions.map((action) => Object.keys(action)[0])).toEqual([
      ...['commitInfo', 'protocol', 'metaData', 'txn', 'add', 'add'],
    ])
    expect(actions[0]).toMatchObject({
      commitInfo: {
        engineInfo: 'sluicebox',
        epochs: [{ task: 'tweets', epoch: 1, positions: { offset: 1 } }],
      },
    })
    expect(actions[1]).toEqual({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } })
    expect(actions[3]).toMatchObject({ txn: { appId: 'line/flow/tweets/posts', version: 1 } })
    expect(actions[5]).toMatchObject({
      add: {
        path: 'platform=x%252Fy/date=2024-06-10/part-tweets-1-1-a-0-1.parquet',
        partitionValues: { platform: 'x/y', date: '2024-06-10' },
      },
    })
  })

  test('invisible before, and no entry for an epoch without rows', async () => {
    const { publisher, prepare, entries } = await setUp()
    await prepare(1, [post('a')])
    expect(await entries()).toBe(0)
    await publisher.publish(await prepare(2, []))
    expect(await entries()).toBe(0)
  })

  test('adds an epoch once, however often it is asked and by whom', async () => {
    const { lake, publisher, prepare, records, entries } = await setUp()
    const first = await prepare(1, [post('a')])
    await publisher.publish(first)
    await publisher.publish(first)
    const second = await prepare(2, [post('b')])
    await publisher.publish(second)
    const { publisher: another } = await setUp(lake)
    await Promise.all([another.publish(second), another.publish(first)])
    expect(await records()).toBe(2)
    expect(await entries()).toBe(2)
  })

  test('folds the epochs of several tasks into one entry', async () => {
    const { publisher, prepare, entries, records, entry } = await setUp()
    await publisher.publish(await prepare(1, [post('first')]))
    const commits = await Promise.all(
      ['a', 'b', 'c', 'd'].map((task) => prepare(1, [post(task)], task)),
    )
    await Promise.all(commits.map((commit) => publisher.publish(commit)))
    expect(await records()).toBe(5)
    // The first of them goes alone; the others came while it was written.
    expect(await entries()).toBe(3)
    expect((await entry(2)).filter((action) => 'txn' in action)).toHaveLength(3)
  })

  test('lets processes race for the same table', async () => {
    const { lake, prepare, records } = await setUp()
    const others = await Promise.all(Array.from({ length: 4 }, () => setUp(lake)))
    await Promise.all(
      others.map(async ({ publisher }, task) => {
        for (let epoch = 1; epoch <= 5; epoch++) {
          await publisher.publish(await prepare(epoch, [post(`${task}-${epoch}`)], `t${task}`))
        }
      }),
    )
    expect(await records()).toBe(20)
  })

  test('names a file that is gone, and adds nothing of that epoch', async () => {
    const { store, publisher, prepare, records } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    const [lost, whole] = await Promise.all([
      prepare(1, [post('b'), post('c', 'reddit')], 'lost'),
      prepare(1, [post('d')], 'whole'),
    ])
    const missing = lost.files[1]!.key
    await store.remove(missing)
    expect(await Promise.all([publisher.publish(lost), publisher.publish(whole)])).toEqual([
      { missing },
      {},
    ])
    expect(await records()).toBe(2)
  })

  test('does not miss the files of an epoch that the table had, even compacted away', async () => {
    const { store, publisher, prepare } = await setUp()
    const commit = await prepare(1, [post('a')])
    await publisher.publish(commit)
    await store.remove(commit.files[0]!.key)
    expect(await publisher.publish(commit)).toEqual({})
  })
})

describe('a table and checkpoints that do not belong together', () => {
  test('the same epoch with other files is refused', async () => {
    const { publisher, prepare, records } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    const other = publisher.publish(await prepare(1, [post('b')], 'tweets', '1-b'))
    await expect(other).rejects.toBeInstanceOf(CheckpointError)
    await expect(other).rejects.toThrow(/has epoch 1 of tweets, but other files of epoch 1/)
    expect(await records()).toBe(1)
  })

  test('an epoch behind the table that it does not have is refused', async () => {
    const { publisher, prepare } = await setUp()
    await publisher.publish(await prepare(3, [post('a')]))
    const other = publisher.publish(await prepare(2, [post('b')], 'tweets', '1-b'))
    await expect(other).rejects.toThrow(/has epoch 3 of tweets, but no entry for epoch 2/)
  })

  test('an error of one task does not hold up the others', async () => {
    const { publisher, prepare, records } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    const wrong = await prepare(1, [post('b')], 'tweets', '1-b')
    const right = await prepare(1, [post('c')], 'reddit')
    const [bad, good] = await Promise.allSettled([
      publisher.publish(wrong),
      publisher.publish(right),
    ])
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
    expect(await records()).toBe(2)
  })

  test('epochs from before the log checkpoint are trusted', async () => {
    const { store, publisher, prepare, lake } = await setUp()
    const first = await prepare(1, [post('1')])
    await publisher.publish(first)
    for (let epoch = 2; epoch <= 51; epoch++) {
      await publisher.publish(await prepare(epoch, [post(String(epoch))]))
    }
    for (let version = 0; version < 50; version++) await store.remove(entryKey(path, version))
    const { publisher: later } = await setUp(lake)
    expect(await later.publish(first)).toEqual({})
  })

  test('what the topology wrote under another lineage is refused, with the remedy', async () => {
    const { store, publisher, prepare, records } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    const anew = { ...(await prepare(1, [post('a')], 'tweets', '1-b')), lineage: 'new' }
    await expect(publisher.publish(anew)).rejects.toThrow(
      /wrote as line\/flow\/tweets\/posts.*Restore _checkpoints\/flow/,
    )
    expect(await records()).toBe(1)
    const snapshot = await deltaLog({ store, path, clock }).snapshot()
    expect(foreignTxn(snapshot, 'flow', 'new')).toBe('line/flow/tweets/posts')
    expect(foreignTxn(snapshot, 'flow', 'line')).toBeUndefined()
    expect(foreignTxn(snapshot, 'other', 'new')).toBeUndefined()
    expect(foreignTxn(snapshot, 'flow', 'new', 'other')).toBeUndefined()
  })

  test('a table that has lost what an epoch gave it is refused', async () => {
    const { store, publisher, prepare, lake } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    await publisher.publish(await prepare(4, [post('b')]))
    await publisher.refuseLost!('line', 'tweets', 4)
    const next = { ...(await prepare(5, [post('c')])), after: 4 }
    for (const [lost, text] of [
      [
        1,
        /committed epoch 4 to the table silver\/posts, whose log ends with version 0 and knows epoch 1/,
      ],
      [0, /whose log has no entry and knows no epoch of it.*Restore silver\/posts/],
    ] as const) {
      await store.remove(entryKey(path, lost))
      const { publisher: later } = await setUp(lake)
      const refusal = expect(later.refuseLost!('line', 'tweets', 4)).rejects
      await refusal.toThrow(text)
      await refusal.toMatchObject({ code: 'SBX_DELTA_TXN', node: 'posts' })
      await expect(later.publish(next)).rejects.toThrow(text)
    }
  })

  test('rows of another shape are refused', async () => {
    const { lake, store, publisher, prepare } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    const commit = await prepare(2, [post('b')])
    const context = { node: 'posts', topology: 'flow', clock, logger }
    const Other = v.object({ ...Post.entries, likes: v.string() })
    const other = deltaTable({ lake, path, schema: Other, partitionBy: ['platform', 'date'] })
    await expect(other.openPublisher(context)).rejects.toThrow(
      /column likes is "long" in the table and string in the schema/,
    )
    const flat = deltaTable({ lake, path, schema: Post })
    await expect(flat.openPublisher(context)).rejects.toThrow(
      /partitioned by platform, date, the sink by nothing/,
    )
    // Or where somebody else changes it meanwhile.
    const snapshot = await deltaLog({ store, path, clock }).snapshot()
    const schemaString = deltaSchema([{ name: 'id', type: 'string', nullable: true }])
    const metaData = { ...snapshot.metadata!, schemaString }
    await deltaLog({ store, path, clock }).commit(() => [{ metaData }])
    await expect(publisher.publish(commit)).rejects.toThrow(/the table has no column platform/)
  })

  test('a damaged log stops a run before it begins', async () => {
    const { store, table, publisher, prepare } = await setUp()
    await publisher.publish(await prepare(1, [post('a')]))
    await store.replace(entryKey(path, 0), Buffer.from('{'))
    const opened = table.openPublisher({ node: 'posts', topology: 'flow', clock, logger })
    await expect(opened).rejects.toThrow(/0{20}\.json is damaged/)
  })
})

describe('cleaning', () => {
  test('discards the files of a lost epoch', async () => {
    const { store, publisher, prepare } = await setUp()
    const { files } = await prepare(1, [post('a')])
    await publisher.discard(files)
    expect(await store.read(files[0]!.key)).toBeUndefined()
  })

  test('deletes the files of dead attempts of its task and no others', async () => {
    const { store, publisher, prepare } = await setUp()
    const live = await prepare(1, [post('a')])
    await publisher.publish(live)
    const dead = await prepare(1, [post('a')], 'tweets', '1-dead')
    const newer = await prepare(2, [post('a')], 'tweets', '2-new')
    const theirs = await prepare(1, [post('a')], 'tweets-1', '1-dead')
    const asked: string[] = []
    const removed = await publisher.clean('tweets', (epoch, attempt) => {
      asked.push(`${epoch} ${attempt}`)
      // Even called dead, what the table names stays.
      return attempt !== '2-new'
    })
    expect(removed).toBe(1)
    expect(asked.toSorted()).toEqual(['1 1-a', '1 1-dead', '2 2-new'])
    expect(await store.read(dead.files[0]!.key)).toBeUndefined()
    for (const { files } of [live, newer, theirs])
      expect(await store.read(files[0]!.key)).toBeDefined()
  })
})
