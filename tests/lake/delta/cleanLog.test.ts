import { beforeEach, expect, test } from 'vitest'
import { cleanLog } from '../../../src/lake/delta/cleanLog.ts'
import type { DeltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import { memoryStore } from '../../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { append, creation, logOf, path, rowsOf } from './smallTable.ts'

const DAY_MS = 86_400_000
let nowMs: number
let store: ObjectStore
let log: DeltaLog
const clock = { now: () => nowMs }

beforeEach(() => {
  nowMs = Date.UTC(2024, 5, 10)
  store = memoryStore('log', clock)
  log = logOf(store, clock.now, 10)
})

const entries = async (): Promise<number[]> => {
  const versions: number[] = []
  for await (const { key } of store.list(`${path}/_delta_log/`)) {
    if (key.endsWith('.json')) versions.push(Number(key.slice(-25, -5)))
  }
  return versions
}

test('deletes old entries before the checkpoint that the oldest version in retention needs', async () => {
  await append(store, log, 'a', 0, 25)
  const rows = await rowsOf(store)
  nowMs += 30 * DAY_MS - 1
  expect(await cleanLog(store, log, clock)).toBe(0)
  nowMs += 1
  await append(store, log, 'a', 25, 10)
  // Version 25 is young: it and all after it are read from checkpoint 20 on.
  expect(await cleanLog(store, log, clock)).toBe(21)
  expect(await entries()).toEqual(Array.from({ length: 15 }, (_, n) => 20 + n))
  expect((await rowsOf(store)).slice(0, 75)).toEqual(rows)
  for (const version of [20, 25, 34]) {
    expect((await readDelta(store, path, version))?.files).toHaveLength(version + 1)
  }
  expect(await cleanLog(store, log, clock)).toBe(0)
  // A log that was opened before goes on, and so does one that is opened now.
  await append(store, log, 'a', 35, 1)
  await append(store, logOf(store, clock.now), 'a', 36, 1)
  expect((await log.snapshot()).version).toBe(36)
})

test('of a table that nobody writes to it keeps the newest checkpoint and what follows', async () => {
  await append(store, log, 'a', 0, 25)
  nowMs += 90 * DAY_MS
  expect(await cleanLog(store, log, clock)).toBe(21)
  expect(await entries()).toEqual([20, 21, 22, 23, 24])
  expect(await rowsOf(store)).toHaveLength(75)
})

test("goes by the table's own settings", async () => {
  await log.commit(() => [...creation({ 'delta.logRetentionDuration': 'interval 1 hour' })])
  await append(store, log, 'a', 0, 12)
  nowMs += 3_600_000
  await log.commit(({ metadata }) => [
    {
      metaData: {
        ...metadata!,
        configuration: { ...metadata!.configuration, 'delta.enableExpiredLogCleanup': 'false' },
      },
    },
  ])
  expect(await cleanLog(store, log, clock)).toBe(0)
  await log.commit(({ metadata }) => [
    { metaData: { ...metadata!, configuration: { 'delta.logRetentionDuration': '1 hour' } } },
  ])
  expect(await cleanLog(store, log, clock)).toBe(10)
})

test('deletes nothing where no checkpoint, or not a whole one, would be left to begin with', async () => {
  const plain = logOf(store, clock.now, 1000)
  await append(store, plain, 'a', 0, 25)
  nowMs += 90 * DAY_MS
  expect(await cleanLog(store, plain, clock)).toBe(0)
  const half = `${path}/_delta_log/00000000000000000020.checkpoint.0000000001.0000000002.parquet`
  await store.create(half, Buffer.of(1))
  expect(await cleanLog(store, plain, clock)).toBe(0)
  expect(await cleanLog(store, logOf(memoryStore()), clock)).toBe(0)
})
