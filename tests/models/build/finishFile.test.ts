import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../src/lake/openDatabase.ts'
import { finishFile } from '../../../src/models/build/finishFile.ts'

const GROUPS = `select count(distinct row_group_id)::int as groups, (select count(*)::int from gold.numbers) as rows,
  sum(count) filter (where column_id = 0 and segment_type <> 'VALIDITY')::int as stored from pragma_storage_info('gold.numbers')`

/** A file that is opened and added to again and again, as by one refresh after the other. */
async function file() {
  const directory = await mkdtemp(join(tmpdir(), 'sluicebox-test-finish-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'gold.duckdb')
  const finish = async (statements: readonly string[], base: number | undefined) => {
    const spillDirectory = join(directory, 'spill')
    const how = { threads: 1, memoryBytes: 2 ** 28, signal: undefined, spillDirectory }
    const database = await openDatabase(how)
    try {
      await database.run(`attach '${path}' as gold (recovery_mode 'no_wal_writes')`)
      for (const statement of statements) await database.run(statement)
      await finishFile(database, base)
      const finished = await readFile(path)
      const [found] = await database.rows(GROUPS)
      await database.run('detach gold')
      expect(finished.equals(await readFile(path))).toBe(true)
      return found as { groups: number; rows: number; stored: number }
    } finally {
      database.close()
    }
  }
  return finish
}

it('leaves a file that is whole before it is closed', async () => {
  const finish = await file()
  const create = 'create table gold.numbers as select range as id from range(1000)'
  expect(await finish([create], undefined)).toEqual({ groups: 1, rows: 1000, stored: 1000 })
})

it('folds what was added and removed in one version of 24', async () => {
  const finish = await file()
  await finish(['create table gold.numbers as select range as id from range(1000)'], undefined)
  const groups: number[] = []
  for (let base = 1; base <= 30; base++) {
    const found = await finish(
      [`delete from gold.numbers where id = ${base}`, `insert into gold.numbers values (${base})`],
      base,
    )
    expect(found.rows).toBe(1000)
    expect(found.stored - 1000).toBe(base < 24 ? base : base - 24)
    groups.push(found.groups)
  }
  const growing = (from: number, count: number) => Array.from({ length: count }, (_, n) => n + from)
  expect(groups).toEqual([...growing(2, 23), ...growing(1, 7)])
})
