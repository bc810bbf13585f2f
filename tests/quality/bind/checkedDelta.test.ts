import { mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { CheckedTable, Figure } from '../../../src/core/figures.ts'
import { deltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../../src/lake/delta/deltaSchema.ts'
import { figureBook } from '../../../src/lake/figures/figureBook.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { checkedDelta } from '../../../src/quality/bind/checkedDelta.ts'
import { database } from '../database.ts'

const clock = { now: () => 0 }
const columns = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'date', type: 'date', nullable: true },
] as const
const created = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      ...{ id: 'orders', format: { provider: 'parquet' } },
      ...{ schemaString: deltaSchema(columns), partitionColumns: ['date'] },
    },
  },
]

/** A table of files with one row each, in a lake that is a folder. */
async function orders() {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-delta-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  const store = await openLake(lake)
  const { query } = await database()
  const log = deltaLog({ store, path: 'orders', clock })
  const write = async (id: number, folder: string) => {
    await mkdir(join(lake, 'orders', folder), { recursive: true })
    const path = `${folder}/part-${id}.parquet`
    await query(`copy (select ${id}::bigint as id) to '${lake}/orders/${path}' (format parquet)`)
    return path
  }
  const add = (path: string, day: string | null, dataChange = true) => ({
    add: { path, partitionValues: { date: day }, size: 1, modificationTime: 0, dataChange },
  })
  return {
    ...{ lake, log, write, add, query },
    order: async (id: number, day: string | null, folder = `date=${day}`) => {
      const path = await write(id, folder)
      await log.commit(({ version }) => [...(version < 0 ? created : []), add(path, day)])
      return path
    },
    look: (kept?: Parameters<typeof checkedDelta>[3]) => checkedDelta(store, 'orders', lake, kept),
    rows: async (relation: string | undefined) =>
      (await query(`select * from ${relation} order by id`)).map((row) =>
        Object.values(row).join(),
      ),
  }
}

it('has the rows of every file, and of those that came since its stamp', async () => {
  const { order, look, rows } = await orders()
  await order(1, '2024-06-03')
  await order(2, null, 'date=__HIVE_DEFAULT_PARTITION__')
  const before = await look()
  expect(before?.added).toBeUndefined()
  expect(await rows(before?.relation)).toEqual(['1,2024-06-03', '2,'])
  expect(await rows((await look(before?.stamp))?.added)).toEqual([])
  await order(3, '2024-06-05', 'elsewhere')
  await order(4, '2024-06-04')
  const now = await look(before?.stamp)
  expect(await rows(now?.relation)).toEqual(['1,2024-06-03', '2,', '3,2024-06-05', '4,2024-06-04'])
  expect(await rows(now?.added)).toEqual(['3,2024-06-05', '4,2024-06-04'])
})

it.each([
  ['has a file with other bytes', 'changed'],
  ['has a file with other bytes, as many as before, and its old time', 'forged'],
  ['lost a file', 'removed'],
  ['had its files moved by compaction', 'compacted'],
])('names no added rows where it %s', async (_what, how) => {
  const { lake, log, order, look, write, add } = await orders()
  const path = await order(1, '2024-06-03')
  await order(2, '2024-06-03')
  const file = join(lake, 'orders', path)
  await utimes(file, 1000, 1000)
  const { stamp } = (await look())!
  const remove = { path, deletionTimestamp: 0, dataChange: how === 'removed' }
  if (how === 'changed') await writeFile(file, 'other bytes')
  if (how === 'forged') {
    await writeFile(file, 'x'.repeat((await stat(file)).size))
    await utimes(file, 1000, 1000)
  }
  if (how === 'removed') await log.commit(() => [{ remove }])
  if (how === 'compacted') {
    const moved = await write(9, 'date=2024-06-03')
    await log.commit(() => [{ remove }, add(moved, '2024-06-03', false)])
  }
  await order(3, '2024-06-04')
  expect((await look(stamp))?.added).toBeUndefined()
})

it.each([[{ version: 99, files: 'x' }], [{ version: -1, files: '' }], ['nonsense'], [null]])(
  'does not go by the stamp %j',
  async (stamp) => {
    const { order, look } = await orders()
    await order(1, '2024-06-03')
    expect(await look(stamp)).toMatchObject({ id: 'orders/', added: undefined })
  },
)

it('carries on that no key repeats, partition and all', async () => {
  const { order, look, query } = await orders()
  const repeats = (table: CheckedTable): Figure => ({
    ...{ kind: 'repeats', table, columns: ['date', 'id'] },
  })
  await order(1, '2024-06-01')
  const before = (await look())!
  const first = figureBook({ query })
  expect((await first.compute([repeats(before)])).map(Number)).toEqual([0])
  const kept = first.keep()
  await order(1, '2024-06-02')
  const more = (await look(before.stamp))!
  expect(await figureBook({ query, kept }).compute([repeats(more)])).toEqual([0])
  await order(1, '2024-06-01', 'date=2024-06-01/again')
  const twice = (await look(before.stamp))!
  expect((await figureBook({ query, kept }).compute([repeats(twice)])).map(Number)).toEqual([1])
})
