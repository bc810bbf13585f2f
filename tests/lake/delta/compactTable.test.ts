import { describe, expect, test } from 'vitest'
import { SinkError } from '../../../src/core/errors.ts'
import { compactStep } from '../../../src/lake/delta/compactTable.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import {
  append,
  compaction,
  creation,
  dataFile,
  filesBelow,
  logOf,
  noClaims,
  path,
  rowOf,
  rowsOf,
} from './smallTable.ts'

async function table(files = 10): Promise<{ store: ObjectStore; log: ReturnType<typeof logOf> }> {
  const store = memoryStore()
  const log = logOf(store)
  await append(store, log, 'twitter', 0, files)
  return { store, log }
}

describe('compaction', () => {
  test('makes one file of the small ones of a partition: the same rows, statistics of all of them', async () => {
    const { store, log } = await table()
    await append(store, log, null, 10, 4)
    await append(store, log, 'a/b c%=é', 14, 3)
    const rows = await rowsOf(store)
    const done = await compactStep(compaction(store, log))
    expect(done).toMatchObject({ files: 10, version: 17 })
    expect(done!.bytesAfter).toBeLessThan(done!.bytesBefore)
    await compactStep(compaction(store, log))
    await compactStep(compaction(store, log))
    expect(await compactStep(compaction(store, log))).toBeUndefined()
    expect(await rowsOf(store)).toEqual(rows)
    const { files } = (await readDelta(store, path))!
    expect(files.map(({ partitionValues, records }) => [partitionValues['p'], records])).toEqual([
      ['twitter', 30],
      [null, 12],
      ['a/b c%=é', 9],
    ])
    const [add] = [...(await log.snapshot()).files.values()]
    expect(JSON.parse(add!.stats!)).toEqual({
      numRecords: 30,
      minValues: { id: 0, at: '2024-06-10T00:00:00.000Z' },
      maxValues: { id: 29, at: '2024-06-10T00:00:00.001Z' },
      nullCount: { id: 0, at: 10, tags: 0 },
    })
    const entry = (await log.entry(17))!
    expect(entry[0]).toMatchObject({ commitInfo: { operation: 'OPTIMIZE' } })
    const changes = entry.flatMap((action) =>
      'add' in action ? [action.add] : 'remove' in action ? [action.remove] : [],
    )
    expect(changes).toHaveLength(11)
    expect(changes.every(({ dataChange }) => !dataChange)).toBe(true)
  })

  test('is rebased on what others add meanwhile', async () => {
    const { store, log } = await table()
    const other = logOf(store)
    let left = 2
    const breathe = async () => {
      if (left-- > 0) await append(store, other, 'twitter', 100 + left, 1)
    }
    expect(await compactStep(compaction(store, log, { breathe }))).toMatchObject({ version: 12 })
    expect(await rowsOf(store)).toHaveLength(36)
    expect((await log.snapshot()).files.size).toBe(3)
  })

  test('gives up where a file that it removes is gone, and leaves nothing behind', async () => {
    const { store, log } = await table()
    const [second, third] = [logOf(store), logOf(store)]
    const rows = await rowsOf(store)
    let isFirst = true
    const breathe = async () => {
      if (!isFirst) return
      isFirst = false
      await compactStep(compaction(store, second, { maxFiles: 3 }))
    }
    expect(await compactStep(compaction(store, log, { breathe }))).toMatchObject({
      version: undefined,
    })
    expect(await rowsOf(store)).toEqual(rows)
    const named = [
      ...(await third.snapshot()).files.keys(),
      ...(await third.snapshot()).tombstones.keys(),
    ]
    expect((await filesBelow(store)).sort()).toEqual(named.sort())
  })

  test('gives up where the columns have changed meanwhile', async () => {
    const { store, log } = await table()
    const other = logOf(store)
    const breathe = async () => {
      const { metadata } = await other.snapshot()
      await other.commit(() => [
        { metaData: { ...metadata!, schemaString: `${metadata!.schemaString} ` } },
      ])
    }
    expect(await compactStep(compaction(store, log, { breathe }))).toMatchObject({
      version: undefined,
    })
  })

  test('leaves the files of the newest checkpoints', async () => {
    const { store, log } = await table(4)
    const claims = async () => ({ ...noClaims, isNamed: (key: string) => /-in-[23]-/.test(key) })
    expect(await compactStep(compaction(store, log, { claims }))).toMatchObject({ files: 2 })
    const files = [...(await log.snapshot()).files.keys()]
    expect(files.filter((file) => /-in-[23]-/.test(file))).toHaveLength(2)
  })

  test('writes one entry where the answer to it is lost', async () => {
    const { store, log } = await table()
    const rows = await rowsOf(store)
    let isFirst = true
    const lossy: ObjectStore = {
      ...store,
      async create(key, bytes) {
        const result = await store.create(key, bytes)
        if (!isFirst) return result
        isFirst = false
        throw new SinkError('no answer', { code: 'SBX_LAKE_IO', retryable: true })
      },
    }
    expect(await compactStep(compaction(lossy, logOf(lossy)))).toMatchObject({ version: 10 })
    expect((await log.snapshot()).version).toBe(10)
    expect(await rowsOf(store)).toEqual(rows)
  })

  test('gives up half way when it is asked to, and leaves nothing behind', async () => {
    const { store, log } = await table()
    const before = await filesBelow(store)
    const breathe = () => Promise.reject(new Error('enough'))
    await expect(compactStep(compaction(store, log, { breathe }))).rejects.toThrow('enough')
    expect(await filesBelow(store)).toEqual(before)
    expect((await log.snapshot()).version).toBe(9)
  })

  test('does not commit what vacuum may have taken', async () => {
    const { store, log } = await table()
    let nowMs = 0
    const clock = { now: () => (nowMs += 13 * 3_600_000) }
    expect(await compactStep(compaction(store, log, { clock }))).toMatchObject({
      version: undefined,
    })
  })

  test('may fold a table that is append-only', async () => {
    const store = memoryStore()
    const log = logOf(store)
    const adds = [await dataFile(store, 'p', 'a', [1]), await dataFile(store, 'p', 'b', [2])]
    await log.commit(() => [...creation({ 'delta.appendOnly': 'true' }), ...adds])
    expect(await compactStep(compaction(store, log))).toMatchObject({ files: 2 })
    expect(await rowsOf(store)).toEqual([1, 2].map((id) => ({ p: 'p', ...rowOf(id) })))
  })

  test.each([
    [{ minWriterVersion: 4 }, 'writer version 4'],
    [{ minWriterVersion: 7, writerFeatures: ['rowTracking'] }, 'rowTracking'],
    [
      { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors'] },
      'deletionVectors',
    ],
  ])('refuses a table that asks for more: %j', async (protocol, what) => {
    const store = memoryStore()
    const adds = [await dataFile(store, 'p', 'a', [1]), await dataFile(store, 'p', 'b', [2])]
    const entry = [...creation({}, protocol), ...adds].map(
      (action) => `${JSON.stringify(action)}\n`,
    )
    await store.create(`${path}/_delta_log/00000000000000000000.json`, Buffer.from(entry.join('')))
    await expect(compactStep(compaction(store, logOf(store)))).rejects.toMatchObject({
      code: 'SBX_DELTA_PROTOCOL',
      message: expect.stringContaining(what) as string,
    })
    expect(await filesBelow(store)).toHaveLength(2)
  })

  test('names a file that is gone, damaged, or has not the rows that the log says', async () => {
    for (const spoil of [
      (store: ObjectStore, key: string) => store.remove(key),
      (store: ObjectStore, key: string) => store.replace(key, Buffer.from('PAR1 nothing PAR1')),
      async (store: ObjectStore, key: string) => {
        await store.remove(key)
        await dataFile(store, 'twitter', 'part-in-2-1-ab-0-0', [6])
      },
    ]) {
      const { store, log } = await table(4)
      const before = await filesBelow(store)
      await spoil(store, `${path}/p=twitter/part-in-2-1-ab-0-0.parquet`)
      await expect(compactStep(compaction(store, log))).rejects.toMatchObject({
        code: 'SBX_DELTA_FILE',
        message: expect.stringContaining('part-in-2-1-ab-0-0') as string,
      })
      expect((await filesBelow(store)).filter((file) => !before.includes(file))).toEqual([])
    }
  })

  test('has nothing to do where there is no table', async () => {
    const store = memoryStore()
    expect(await compactStep(compaction(store, logOf(store)))).toBeUndefined()
  })
})
