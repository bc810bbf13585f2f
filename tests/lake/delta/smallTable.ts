import { expect } from 'vitest'
import type { Column } from '../../../src/core/columns.ts'
import type { FileClaims } from '../../../src/core/upkeep.ts'
import { logPath, type Action } from '../../../src/lake/delta/actions.ts'
import type { CompactionOptions } from '../../../src/lake/delta/compactTable.ts'
import { deltaLog, type DeltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../../src/lake/delta/deltaSchema.ts'
import { deltaStats } from '../../../src/lake/delta/deltaStats.ts'
import { readDelta } from '../../../src/lake/delta/readDelta.ts'
import type { ObjectStore } from '../../../src/lake/objectStore.ts'
import { rowsToParquet } from '../../../src/lake/parquet/parquetFile.ts'
import { readRows } from '../../../src/lake/parquet/readRows.ts'
import { partitionFolder } from '../../../src/lake/partitions.ts'

export const path = 'silver/posts'
const NOW = Date.UTC(2024, 5, 10)
const columns: readonly Column[] = [
  { name: 'p', type: 'string', nullable: true },
  { name: 'id', type: 'int64', nullable: false },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'tags', type: 'list<string>', nullable: false },
]
const stored = columns.slice(1)
type Row = Readonly<Record<string, unknown>>

export const noClaims: FileClaims = { isNamed: () => false, isDecided: async () => false }

export const rowOf = (id: number): Row => ({
  id: BigInt(id),
  at: id % 3 === 0 ? null : 1_717_977_600_000_001n + BigInt(id),
  tags: id % 2 === 0 ? [] : ['a', `#${id}`],
})

export const logOf = (store: ObjectStore, nowMs = () => NOW, checkpointEvery = 50): DeltaLog =>
  deltaLog({
    ...{ store, path, clock: { now: nowMs }, checkpointEvery },
    onCheckpointFailed: (error) => expect.fail(String(error)),
  })

/** A log's first entry. */
export const creation = (
  configuration: Readonly<Record<string, string>> = {},
  protocol: object = {},
): readonly Action[] => [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2, ...protocol } },
  {
    metaData: {
      ...{ id: 'id', format: { provider: 'parquet' }, partitionColumns: ['p'], configuration },
      schemaString: deltaSchema(columns),
    },
  },
]

/** A data file that nothing names yet, and what would. */
export async function dataFile(
  store: ObjectStore,
  p: string | null,
  name: string,
  ids: readonly number[],
): Promise<Action> {
  const { bytes, summary } = await rowsToParquet(stored, ids.map(rowOf))
  const partitionValues = { p }
  const file = `${partitionFolder(partitionValues)}/${name}.parquet`
  const writer = store.openWriter(`${path}/${file}`)
  await writer.write(bytes)
  await writer.close()
  return {
    add: {
      ...{ path: logPath(file), partitionValues, size: bytes.length, modificationTime: NOW },
      ...{ dataChange: true, stats: deltaStats(summary) },
    },
  }
}

/** Adds files of three rows each, one an entry of the log. */
export async function append(
  store: ObjectStore,
  log: DeltaLog,
  p: string | null,
  from: number,
  files: number,
): Promise<void> {
  for (let n = from; n < from + files; n++) {
    const add = await dataFile(store, p, `part-in-${n}-1-ab-0-0`, [3 * n, 3 * n + 1, 3 * n + 2])
    await log.commit(({ version }) => (version < 0 ? [...creation(), add] : [add]))
  }
}

/** Every row of the newest version, by the values of its partition. */
export async function rowsOf(store: ObjectStore): Promise<Row[]> {
  const rows: Row[] = []
  const table = await readDelta(store, path)
  for (const { path: file, partitionValues } of table?.files ?? []) {
    for await (const some of readRows((await store.read(`${path}/${file}`))!, stored)) {
      for (const row of some) rows.push({ ...partitionValues, ...row })
    }
  }
  return rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))
}

export const compaction = (
  store: ObjectStore,
  log: DeltaLog,
  options: Partial<CompactionOptions> = {},
): CompactionOptions => ({
  ...{ store, log, clock: { now: () => NOW }, targetBytes: 1 << 20, minFiles: 2, maxFiles: 1000 },
  ...{ tiered: false, claims: async () => noClaims, breathe: async () => {} },
  ...options,
})

export async function filesBelow(store: ObjectStore, prefix = `${path}/`): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) {
    if (!key.includes('_delta_log')) keys.push(key.slice(prefix.length))
  }
  return keys
}
