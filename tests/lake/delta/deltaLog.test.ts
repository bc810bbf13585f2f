import { describe, expect, test } from 'vitest'
import { CheckpointError, ConfigError, SinkError } from '../../../src/core/errors.ts'
import { parseActions, type Action, type Metadata } from '../../../src/lake/delta/actions.ts'
import { deltaLog, type DeltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../../src/lake/delta/deltaSchema.ts'
import { checkpointKey, entryKey, lastCheckpointKey } from '../../../src/lake/delta/logKeys.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import { NO_TABLE } from '../../../src/lake/delta/snapshot.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'

const path = 'silver/posts'
const NOW = Date.UTC(2024, 5, 10)
const clock = { now: () => NOW }

const open = (store: ObjectStore, checkpointEvery = 10): DeltaLog =>
  deltaLog({
    store,
    path,
    clock,
    checkpointEvery,
    onCheckpointFailed: (error) => expect.fail(String(error)),
  })

const metaData = (configuration: Metadata['configuration'] = {}): Action => ({
  metaData: {
    id: 'id',
    format: { provider: 'parquet', options: {} },
    schemaString: deltaSchema([{ name: 'id', type: 'int64', nullable: false }]),
    partitionColumns: ['p'],
    configuration,
  },
})
const protocol = (minReaderVersion = 1, minWriterVersion = 2, features = {}): Action => ({
  protocol: { minReaderVersion, minWriterVersion, ...features },
})
const creation: readonly Action[] = [protocol(), metaData()]
const add = (file: string): Action => ({
  add: {
    path: file,
    partitionValues: { p: file.endsWith('0') ? null : file },
    size: file.length,
    modificationTime: NOW,
    dataChange: true,
    stats: `{"numRecords":1}`,
  },
})
const remove = (file: string, deletionTimestamp = NOW, dataChange = true): Action => ({
  remove: { path: file, deletionTimestamp, dataChange },
})
const txn = (appId: string, version: number): Action => ({ txn: { appId, version } })

/** Adds one entry, behind protocol and metadata where there is no table. */
const append = (log: DeltaLog, ...actions: Action[]) =>
  log.commit(({ version }) => (version < 0 ? [...creation, ...actions] : actions))

const text = async (store: ObjectStore, key: string): Promise<string> =>
  Buffer.from((await store.read(key)) ?? []).toString()

describe('a log', () => {
  test('without entries is no table', async () => {
    const store = memoryStore()
    expect(await open(store).snapshot()).toBe(NO_TABLE)
    expect(await readDelta(store, path)).toBeUndefined()
  })

  test('tells files, tombstones, writers and metadata of its newest version', async () => {
    const store = memoryStore()
    const log = open(store)
    await append(log, add('a'), txn('app', 1))
    await append(log, add('b%20c'), add('d'), txn('app', 2), txn('other', 7))
    const written = await append(log, remove('b c'))
    for (const snapshot of [written, await log.snapshot(), await open(store).snapshot()]) {
      expect(snapshot.version).toBe(2)
      expect([...snapshot.files.keys()]).toEqual(['a', 'd'])
      expect([...snapshot.tombstones.keys()]).toEqual(['b c'])
      expect(snapshot.txns.get('app')?.version).toBe(2)
      expect(snapshot.txns.get('other')?.version).toBe(7)
      expect(snapshot.metadata?.id).toBe('id')
    }
  })

  test('grows by entries named by their version, one action a line', async () => {
    const store = memoryStore()
    await append(open(store), add('a'))
    const entry = await text(store, `${path}/_delta_log/00000000000000000000.json`)
    expect(
      entry
        .trimEnd()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line) as object)),
    ).toEqual([['protocol'], ['metaData'], ['add']])
  })

  test('is not touched where there is nothing to do', async () => {
    const store = memoryStore()
    const snapshot = await open(store).commit(() => [])
    expect(snapshot.version).toBe(-1)
    expect(await store.read(entryKey(path, 0))).toBeUndefined()
  })

  test('reads only what is new', async () => {
    const store = memoryStore()
    const reads: string[] = []
    const counted: ObjectStore = {
      ...store,
      read: (key) => (reads.push(key.slice(key.lastIndexOf('/') + 1)), store.read(key)),
    }
    const log = open(counted)
    await append(open(store), add('a'))
    await log.snapshot()
    await append(open(store), add('b'))
    reads.length = 0
    expect((await log.snapshot()).files.size).toBe(2)
    expect(reads).toEqual(['00000000000000000001.json', '00000000000000000002.json'])
  })

  test('passes over actions that it does not know', async () => {
    const store = memoryStore()
    const log = open(store)
    await append(log, add('a'))
    await store.create(
      entryKey(path, 1),
      Buffer.from('{"cdc":{"path":"x"}}\n\n{"add":{"path":"b","size":1}}'),
    )
    expect([...(await log.snapshot()).files.keys()]).toEqual(['a', 'b'])
  })
})

describe('writers that race', () => {
  test('all get their entries in, one after the other', async () => {
    const store = memoryStore()
    const writers = Array.from({ length: 6 }, () => open(store))
    await Promise.all(
      writers.flatMap((log, w) =>
        Array.from({ length: 5 }, (_, i) => append(log, add(`f${w}-${i}`), txn(`app${w}`, i))),
      ),
    )
    const snapshot = await open(store).snapshot()
    expect(snapshot.version).toBe(29)
    expect(snapshot.files.size).toBe(30)
  })

  test('for version 0: who loses drops its own protocol and metadata', async () => {
    const store = memoryStore()
    const slow = open(store)
    let tries = 0
    await slow.commit(async ({ version }) => {
      if (tries++ === 0) await append(open(store), add('theirs'))
      return version < 0 ? [protocol(), metaData(), add('mine')] : [add('mine')]
    })
    expect(tries).toBe(2)
    expect(parseActions((await store.read(entryKey(path, 1)))!)).toEqual([add('mine')])
    expect((await open(store).snapshot()).files.size).toBe(2)
  })

  test('judge anew: what was to be removed is gone already', async () => {
    const store = memoryStore()
    await append(open(store), add('a'), add('b'))
    const compaction = open(store)
    let isFirst = true
    const outcome = compaction.commit(async ({ files }) => {
      if (isFirst) await append(open(store), remove('a'))
      isFirst = false
      if (!files.has('a')) throw new Error('a is gone')
      return [remove('a', NOW, false), remove('b', NOW, false), add('ab')]
    })
    await expect(outcome).rejects.toThrow('a is gone')
    expect([...(await compaction.snapshot()).files.keys()]).toEqual(['b'])
  })
})

describe('an entry whose answer is lost', () => {
  const lost = new SinkError('no answer', { code: 'SBX_LAKE_IO', retryable: true })

  test('is found to be there and not written twice', async () => {
    const store = memoryStore()
    const create: ObjectStore['create'] = async (key, bytes) => {
      await store.create(key, bytes)
      throw lost
    }
    await append(open({ ...store, create }), add('a'))
    expect((await open(store).snapshot()).version).toBe(0)
  })

  test('is known as its own where a repeat inside the client was refused', async () => {
    const store = memoryStore()
    const create: ObjectStore['create'] = async (key, bytes) => {
      await store.create(key, bytes)
      return store.create(key, bytes)
    }
    const snapshot = await append(open({ ...store, create }), add('a'))
    expect(snapshot.version).toBe(0)
    expect((await open(store).snapshot()).version).toBe(0)
  })

  test('is sent again, and given up at last', async () => {
    const store = memoryStore()
    let sent = 0
    const flaky = (failures: number): ObjectStore => ({
      ...store,
      create: async (key, bytes) => {
        if (sent++ < failures) throw lost
        return store.create(key, bytes)
      },
    })
    await append(open(flaky(2)), add('a'))
    expect((await open(store).snapshot()).version).toBe(0)
    sent = 0
    await expect(append(open(flaky(99)), add('b'))).rejects.toBe(lost)
    expect((await open(store).snapshot()).version).toBe(0)
  })
})

describe('log checkpoints', () => {
  test('carry the table over 250 entries, with writers and tombstones in retention', async () => {
    const store = memoryStore()
    const log = open(store, 25)
    const eightDays = 8 * 86_400_000
    for (let v = 0; v < 250; v++) {
      await append(
        log,
        add(`f${v}`),
        txn('app', v),
        ...(v === 10 ? [remove('f3')] : []),
        ...(v === 11 ? [remove('f4', NOW - eightDays)] : []),
      )
    }
    for (let v = 0; v < 225; v++) await store.remove(entryKey(path, v))
    const snapshot = await open(store).snapshot()
    expect(snapshot).toMatchObject({ version: 249, checkpoint: 225 })
    expect(snapshot.files.size).toBe(248)
    expect([...snapshot.tombstones.keys()]).toEqual(['f3'])
    expect(snapshot.txns.get('app')?.version).toBe(249)
    expect(snapshot.protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
    expect(snapshot.metadata).toMatchObject((creation[1] as { metaData: object }).metaData)
    const original = (add('f100') as { add: object }).add
    expect(snapshot.files.get('f100')).toEqual({ ...original, dataChange: false })
    expect(snapshot.files.get('f7')?.partitionValues).toEqual({ p: 'f7' })
    expect(JSON.parse(await text(store, lastCheckpointKey(path)))).toMatchObject({ version: 225 })
    // The log goes on from there.
    expect((await append(open(store, 25), add('more'))).version).toBe(250)
  })

  test('are written as often as the table says', async () => {
    const store = memoryStore()
    const log = open(store, 1000)
    await log.commit(() => [protocol(), metaData({ 'delta.checkpointInterval': '2' })])
    for (let v = 1; v <= 3; v++) await append(log, add(`f${v}`))
    expect(await store.read(checkpointKey(path, 2))).toBeDefined()
    expect(await store.read(checkpointKey(path, 3))).toBeUndefined()
  })

  test('that can not be written are told of, and the entry stands', async () => {
    const store = memoryStore()
    const failures: unknown[] = []
    const log = deltaLog({
      store: { ...store, replace: () => Promise.reject(new Error('disk full')) },
      ...{ path, clock, checkpointEvery: 1 },
      onCheckpointFailed: (error) => failures.push(error),
    })
    await append(log, add('a'))
    expect((await append(log, add('b'))).version).toBe(1)
    expect(failures).toEqual([new Error('disk full')])
  })

  test('of others are followed by a writer that paused while the entries were cleaned away', async () => {
    const store = memoryStore()
    const paused = open(store)
    await append(paused, add('a'))
    const other = open(store, 5)
    for (let v = 1; v <= 12; v++) await append(other, add(`f${v}`))
    for (let v = 0; v <= 10; v++) await store.remove(entryKey(path, v))
    const snapshot = await append(paused, add('late'))
    expect(snapshot.version).toBe(13)
    expect(snapshot.files.size).toBe(14)
  })

  test('serve older versions too', async () => {
    const store = memoryStore()
    const log = open(store, 5)
    for (let v = 0; v <= 12; v++) await append(log, add(`f${v}`))
    const table = await readDelta(store, path, 7)
    expect(table).toMatchObject({ version: 7, partitionColumns: ['p'] })
    expect(table?.files.map((file) => file.path).toSorted()).toEqual(
      Array.from({ length: 8 }, (_, v) => `f${v}`),
    )
    expect(table?.files[0]).toEqual({
      path: 'f0',
      partitionValues: { p: null },
      bytes: 2,
      records: 1,
    })
  })
})

describe('a damaged log is refused by name', () => {
  const damaged = async (
    damage: (store: ObjectStore) => Promise<void>,
    message: RegExp,
  ): Promise<void> => {
    const store = memoryStore()
    const log = open(store, 5)
    for (let v = 0; v <= 7; v++) await append(log, add(`f${v}`))
    await damage(store)
    const reading = open(store).snapshot()
    await expect(reading).rejects.toBeInstanceOf(CheckpointError)
    await expect(reading).rejects.toThrow(message)
    await expect(append(open(store), add('x'))).rejects.toThrow(message)
  }

  test.each([
    ['torn', '{"add":{"path":"f', /0{19}6\.json is damaged: line 1 is no JSON/],
    ['empty', '', /0{19}6\.json is damaged: it is empty/],
    ['no object', '[]', /line 1: it is no JSON object/],
    ['half', '{"add":{"path":"f"}}', /line 1: add.size is undefined/],
    ['wrong', '{"txn":{"appId":"a","version":-1}}', /line 1: txn.version is -1/],
  ])('where an entry is %s', async (_, content, message) => {
    await damaged((store) => store.replace(entryKey(path, 6), Buffer.from(content)), message)
  })

  test('where an entry is missing', async () => {
    const remedy = /0{19}6\.json is missing, and entries up to 7 follow.*Restore that file/
    await damaged((store) => store.remove(entryKey(path, 6)), remedy)
  })

  test('where the first entry is missing', async () => {
    await damaged(async (store) => {
      await store.remove(checkpointKey(path, 5))
      await store.remove(entryKey(path, 0))
    }, /0{20}\.json is missing, and entries up to 7 follow/)
  })

  test('where its checkpoint is cut', async () => {
    await damaged(async (store) => {
      const bytes = (await store.read(checkpointKey(path, 5)))!
      await store.replace(checkpointKey(path, 5), bytes.subarray(0, bytes.length - 9))
    }, /0{19}5\.checkpoint\.parquet is damaged.*removing it is enough/)
  })

  test('where no entry says what the table is', async () => {
    const store = memoryStore()
    await store.create(entryKey(path, 0), Buffer.from(JSON.stringify(protocol())))
    await expect(open(store).snapshot()).rejects.toThrow(/name no metaData/)
  })

  test('but not for a pointer to the checkpoint that can not be read', async () => {
    const store = memoryStore()
    const log = open(store, 5)
    for (let v = 0; v <= 7; v++) await append(log, add(`f${v}`))
    await store.replace(lastCheckpointKey(path), Buffer.from('{'))
    expect((await open(store).snapshot()).version).toBe(7)
    expect((await append(log, add('x'))).version).toBe(8)
  })
})

describe('a table that asks for more than is kept here', () => {
  const table = async (...actions: Action[]): Promise<DeltaLog> => {
    const store = memoryStore()
    const lines = actions.map((action) => JSON.stringify(action)).join('\n')
    await store.create(entryKey(path, 0), Buffer.from(lines))
    return open(store)
  }

  test('is not read under another reader version', async () => {
    const log = await table(protocol(3, 7, { readerFeatures: ['deletionVectors'] }), metaData())
    await expect(log.snapshot()).rejects.toThrow(/asks for reader version 3 \(deletionVectors\)/)
    await expect(log.snapshot()).rejects.toBeInstanceOf(ConfigError)
  })

  test('is read but not written under another writer version', async () => {
    for (const other of [protocol(1, 4), protocol(1, 7, { writerFeatures: ['changeDataFeed'] })]) {
      const log = await table(other, metaData())
      expect((await log.snapshot()).version).toBe(0)
      await expect(append(log, add('a'))).rejects.toThrow(/asks for writer version [47]/)
    }
  })

  test('is written where it names only features of writer version 2', async () => {
    const log = await table(
      protocol(1, 7, { writerFeatures: ['appendOnly', 'invariants'] }),
      metaData(),
    )
    expect((await append(log, add('a'))).version).toBe(1)
  })

  test('keeps its files where it is append-only', async () => {
    const log = await table(protocol(), metaData({ 'delta.appendOnly': 'true' }), add('a'))
    await append(log, remove('a', NOW, false), add('compacted'))
    await expect(append(log, remove('compacted'))).rejects.toThrow(/append-only/)
  })

  test('is not written where columns have invariants', async () => {
    const field = {
      name: 'id',
      type: 'long',
      nullable: true,
      metadata: { 'delta.invariants': '{}' },
    }
    const schemaString = JSON.stringify({ type: 'struct', fields: [field] })
    const { metaData: plain } = metaData() as { metaData: Metadata }
    const log = await table(protocol(), { metaData: { ...plain, schemaString } })
    await expect(append(log, add('a'))).rejects.toThrow(/invariants on id/)
  })
})
