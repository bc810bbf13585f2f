import { beforeEach, describe, expect, test } from 'vitest'
import type { FileClaims } from '../../../src/core/upkeep.ts'
import { compactStep } from '../../../src/lake/delta/compactTable.ts'
import type { DeltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { vacuumTable, type VacuumOptions } from '../../../src/lake/delta/vacuumTable.ts'
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
} from './smallTable.ts'

const DAY_MS = 86_400_000
let nowMs: number
let store: ObjectStore
let log: DeltaLog
const clock = { now: () => nowMs }

beforeEach(() => {
  nowMs = Date.UTC(2024, 5, 10)
  store = memoryStore('vacuum', clock)
  log = logOf(store, clock.now)
})

const vacuum = (options: Partial<VacuumOptions> = {}) =>
  vacuumTable({ store, log, clock, claims: async () => noClaims, ...options })

const compact = () => compactStep(compaction(store, logOf(store, clock.now), { clock }))

describe('vacuum', () => {
  test('deletes what compaction replaced once it was gone for as long as the retention', async () => {
    await append(store, log, 'a', 0, 5)
    nowMs += 30 * DAY_MS
    await compact()
    nowMs += 7 * DAY_MS - 1
    expect(await vacuum()).toEqual({ deleted: [], bytes: 0, kept: 5 })
    nowMs += 1
    const { deleted, kept, bytes } = await vacuum({ dryRun: true })
    expect([deleted.length, kept, await filesBelow(store)]).toMatchObject([5, 0, { length: 6 }])
    expect(bytes).toBeGreaterThan(1000)
    expect(await vacuum()).toEqual({ deleted, kept, bytes })
    expect(await filesBelow(store)).toEqual([...(await log.snapshot()).files.keys()])
    expect(await vacuum()).toEqual({ deleted: [], bytes: 0, kept: 0 })
  })

  test("goes by the table's own retention where it has one, and by the caller's before that", async () => {
    const adds = [await dataFile(store, 'a', 'x', [1]), await dataFile(store, 'a', 'y', [2])]
    const setting = { 'delta.deletedFileRetentionDuration': 'interval 2 hours' }
    await log.commit(() => [...creation(setting), ...adds])
    await compact()
    expect((await vacuum({ retentionMs: 3 * 3_600_000 })).deleted).toEqual([])
    nowMs += 2 * 3_600_000
    expect((await vacuum({ retentionMs: 3 * 3_600_000 })).deleted).toEqual([])
    expect((await vacuum()).deleted).toHaveLength(2)
  })

  test('keeps for a day what nothing ever named and nobody knows', async () => {
    await append(store, log, 'a', 0, 1)
    await dataFile(store, 'a', 'compacted-0123456789ab', [7])
    nowMs += DAY_MS - 1
    expect(await vacuum({ retentionMs: 0 })).toMatchObject({ deleted: [], kept: 1 })
    nowMs += 1
    expect((await vacuum({ retentionMs: 0 })).deleted).toEqual([
      `${path}/p=a/compacted-0123456789ab.parquet`,
    ])
  })

  test('keeps the files of newest checkpoints, and of attempts that may live, for a week', async () => {
    await append(store, log, 'a', 0, 1)
    const names = ['named-7-2-cd', 'open-7-2-cd', 'lost-7-2-cd', 'built-7-2-cd']
    for (const name of names.slice(0, 3)) await dataFile(store, 'a', `part-${name}-0-0`, [7])
    await dataFile(store, 'a', `part-${names[3]}`, [7])
    const asked: unknown[] = []
    const claims = async (): Promise<FileClaims> => ({
      isNamed: (key) => key.includes('named'),
      isDecided: async (...file) => asked.push(file) > 0 && file[0] === 'lost',
    })
    expect(await vacuum({ retentionMs: 0, claims })).toMatchObject({
      deleted: [`${path}/p=a/part-lost-7-2-cd-0-0.parquet`],
      kept: 3,
    })
    expect(asked).toEqual(['built', 'lost', 'open'].map((task) => [task, 7, '2-cd']))
    nowMs += 7 * DAY_MS
    expect((await vacuum({ retentionMs: 0, claims })).deleted).toHaveLength(2)
    expect(await filesBelow(store)).toContain('p=a/part-named-7-2-cd-0-0.parquet')
  })

  test('leaves what others keep in hidden folders', async () => {
    await append(store, log, 'a', 0, 1)
    for (const key of ['_index/x', '.part', 'p=a/_tmp/x'])
      await store.create(`${path}/${key}`, Buffer.of(1))
    await store.create(`${path}/_p=1/x`, Buffer.of(1))
    nowMs += 9 * DAY_MS
    expect((await vacuum()).deleted).toEqual([`${path}/_p=1/x`])
  })

  test('refuses a table with features beyond writer version 2', async () => {
    const entry = [
      ...creation({}, { minWriterVersion: 7, writerFeatures: ['vacuumProtocolCheck'] }),
    ]
    const bytes = Buffer.from(entry.map((action) => `${JSON.stringify(action)}\n`).join(''))
    await store.create(`${path}/_delta_log/00000000000000000000.json`, bytes)
    await expect(vacuum()).rejects.toMatchObject({ code: 'SBX_DELTA_PROTOCOL' })
  })

  test('has nothing to do where there is no table', async () => {
    expect(await vacuum()).toEqual({ deleted: [], bytes: 0, kept: 0 })
  })
})

describe('an epoch that becomes part of the table while vacuum works loses nothing', () => {
  /** One epoch at each moment between two reads of vacuum's: prepared, committed, published, left behind. */
  const epoch = () => {
    let fate: 'open' | 'newest' | 'behind' = 'open'
    return {
      claims: async (): Promise<FileClaims> => {
        const now = fate
        return { isNamed: () => now === 'newest', isDecided: async () => now !== 'open' }
      },
      commit: async () => void (fate = 'newest'),
      publish: async () => {
        const writer = logOf(store, clock.now)
        const add = { path: 'p=a/part-in-9-1-ab-0-0.parquet', partitionValues: { p: 'a' }, size: 1 }
        await writer.commit(() => [{ add: { ...add, modificationTime: 0, dataChange: true } }])
      },
      goOn: async () => void (fate = 'behind'),
    }
  }

  /** Vacuum's moments, in order; at each of them some steps of the epoch may happen. */
  const MOMENTS = ['before', 'listed', 'early log', 'checkpoints', 'late log'] as const

  test('whichever of its steps fall between which of vacuum', async () => {
    let runs = 0
    for (let commit = 0; commit <= 5; commit++)
      for (let publish = commit; publish <= 5; publish++)
        for (let goOn = publish; goOn <= 5; goOn++) {
          runs++
          store = memoryStore(`race-${runs}`, clock)
          log = logOf(store, clock.now)
          await append(store, log, 'a', 0, 1)
          await dataFile(store, 'a', 'part-in-9-1-ab-0-0', [27])
          const race = epoch()
          const reach = async (moment: (typeof MOMENTS)[number]): Promise<void> => {
            const at = MOMENTS.indexOf(moment)
            if (commit === at) await race.commit()
            if (publish === at) await race.publish()
            if (goOn === at) await race.goOn()
          }
          let snapshots = 0
          const watched: DeltaLog = {
            ...log,
            async snapshot() {
              const snapshot = await log.snapshot()
              await reach(snapshots++ === 0 ? 'early log' : 'late log')
              return snapshot
            },
          }
          const listing: ObjectStore = {
            ...store,
            async *list(prefix) {
              yield* store.list(prefix)
              await reach('listed')
            },
          }
          const claims = async () => {
            const read = await race.claims()
            await reach('checkpoints')
            return read
          }
          await reach('before')
          await vacuumTable({ store: listing, log: watched, clock, retentionMs: 0, claims })
          const files = await filesBelow(store)
          expect(files, `${commit} ${publish} ${goOn}`).toContain('p=a/part-in-9-1-ab-0-0.parquet')
        }
    expect(runs).toBe(56)
  })
})
