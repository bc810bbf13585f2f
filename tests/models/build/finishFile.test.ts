import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../src/lake/openDatabase.ts'
import { finishFile } from '../../../src/models/build/finishFile.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { projectFolder } from '../projectFolder.ts'

const GROUPS = `select count(distinct row_group_id)::int as groups, (select count(*)::int from gold.numbers) as rows,
  sum(count) filter (where column_id = 0 and segment_type <> 'VALIDITY')::int as stored from pragma_storage_info('gold.numbers')`

/** A file that is opened and added to again and again, as by one refresh after the other. */
async function file() {
  const directory = await mkdtemp(join(tmpdir(), 'sluicebox-test-finish-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const root = projectFolder({
    'models/numbers.sql':
      "{{ config(materialized='incremental', unique_key='id', access='public') }} select 1 as id",
  })
  const project = compileProject(readProject(root), { schema: 'main', env: {} })
  const path = join(directory, 'gold.duckdb')
  const finish = async (statements: readonly string[], isOld: boolean) => {
    const spillDirectory = join(directory, 'spill')
    const how = { threads: 1, memoryBytes: 2 ** 28, signal: undefined, spillDirectory }
    const database = await openDatabase(how)
    try {
      await database.run(`attach '${path}' as gold (recovery_mode 'no_wal_writes')`)
      for (const statement of statements) await database.run(statement)
      await finishFile(database, project, isOld)
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
  expect(await finish([create], false)).toEqual({ groups: 1, rows: 1000, stored: 1000 })
})

it('folds what was added and removed once that is much', async () => {
  const finish = await file()
  await finish(['create table gold.numbers as select range as id from range(1000)'], false)
  const seen: number[] = []
  for (let n = 0; n < 30; n++) {
    const replaced = [
      `delete from gold.numbers where id = ${n}`,
      `insert into gold.numbers values (${n})`,
    ]
    const { groups, rows, stored } = await finish(replaced, true)
    expect(rows).toBe(1000)
    expect(stored).toBeLessThanOrEqual(1000 + 30)
    seen.push(groups)
  }
  expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2))
  expect(seen.at(-1)).toBeLessThan(10)
  expect(Math.max(...seen)).toBeLessThanOrEqual(26)
})
