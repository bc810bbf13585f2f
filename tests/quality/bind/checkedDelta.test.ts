import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { deltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../../src/lake/delta/deltaSchema.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { checkedDelta } from '../../../src/quality/bind/checkedDelta.ts'
import { database } from '../database.ts'

const clock = { now: () => 0 }
const columns = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'day', type: 'string', nullable: true },
] as const
const created = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      ...{ id: 'orders', format: { provider: 'parquet' } },
      ...{ schemaString: deltaSchema(columns), partitionColumns: ['day'] },
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
    add: { path, partitionValues: { day }, size: 1, modificationTime: 0, dataChange },
  })
  return {
    ...{ lake, log, write, add },
    order: async (id: number, day: string | null, folder = `day=${day}`) => {
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
  await order(1, 'mon')
  await order(2, null, 'day=__HIVE_DEFAULT_PARTITION__')
  const before = await look()
  expect(before?.added).toBeUndefined()
  expect(await rows(before?.relation)).toEqual(['1,mon', '2,'])
  expect(await rows((await look(before?.stamp))?.added)).toEqual([])
  await order(3, 'odd "day"', 'elsewhere')
  await order(4, 'tue')
  const now = await look(before?.stamp)
  expect(await rows(now?.relation)).toEqual(['1,mon', '2,', '3,odd "day"', '4,tue'])
  expect(await rows(now?.added)).toEqual(['3,odd "day"', '4,tue'])
})

it.each([
  ['has a file with other bytes', 'changed'],
  ['lost a file', 'removed'],
  ['had its files moved by compaction', 'compacted'],
])('names no added rows where it %s', async (_what, how) => {
  const { lake, log, order, look, write, add } = await orders()
  const path = await order(1, 'mon')
  await order(2, 'mon')
  const { stamp } = (await look())!
  const remove = { path, deletionTimestamp: 0, dataChange: how === 'removed' }
  if (how === 'changed') await writeFile(join(lake, 'orders', path), 'other bytes')
  if (how === 'removed') await log.commit(() => [{ remove }])
  if (how === 'compacted') {
    const moved = await write(9, 'day=mon')
    await log.commit(() => [{ remove }, add(moved, 'mon', false)])
  }
  await order(3, 'tue')
  expect((await look(stamp))?.added).toBeUndefined()
})

it.each([[{ version: 99, files: 'x' }], [{ version: -1, files: '' }], ['nonsense'], [null]])(
  'does not go by the stamp %j',
  async (stamp) => {
    const { order, look } = await orders()
    await order(1, 'mon')
    expect(await look(stamp)).toMatchObject({ id: 'orders', added: undefined })
  },
)
