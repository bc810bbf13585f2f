import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openDatabase } from '../../../src/lake/openDatabase.ts'
import { exportTable } from '../../../src/models/build/exportTable.ts'
import { materialize } from '../../../src/models/build/materialize.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { goldShop } from '../goldShop.ts'
import { projectFolder } from '../projectFolder.ts'

const CONFIG =
  "{{ config(materialized='incremental', incremental_strategy='append', unique_key='id') }}"
const ADDING = {
  'models/added.sql': `${CONFIG} select id, customer from {{ source('silver', 'orders') }}
{% if is_incremental() %}where id not in (select id from {{ this }}){% endif %}`,
  'models/schema.yml': 'sources: [{ name: silver, tables: [{ name: orders }] }]\n',
}

/** A database in which rows were added to a table, and what exporting that gives. */
async function added(filesBefore: number) {
  const directory = await mkdtemp(join(tmpdir(), 'sluicebox-test-export-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const root = projectFolder({
    'models/numbers.sql': `${CONFIG} select 7 as id {% if not is_incremental() %}union all select 1{% endif %}`,
  })
  const project = compileProject(readProject(root), { schema: 'main', env: {} })
  const [model] = project.models
  const database = await openDatabase({
    ...{ threads: 1, memoryBytes: 2 ** 28, signal: undefined },
    spillDirectory: join(directory, 'spill'),
  })
  onTestFinished(() => database.close())
  await database.run(`attach '${join(directory, 'gold.duckdb')}' as gold`)
  await materialize(database, model!, { anew: true })
  const how = await materialize(database, model!, { anew: false, keepAdded: true })
  const before = Array.from({ length: filesBefore }, (_, i) => {
    return { path: `${i}.parquet`, bytes: 1, rows: 1 }
  })
  const built = await exportTable(database, model!, { directory, how, before })
  return { built, before, rows: (file: string) => database.rows(`from '${file}' order by all`) }
}

it('writes only the rows that were added, and keeps the files before them', async () => {
  const { built, before, rows } = await added(3)
  expect(built).toMatchObject({ rows: 3, kept: before, files: [{ rows: 1 }] })
  expect(built.files[0]?.slice).toEqual({ column: 'id', from: '7', to: '7' })
  expect(await rows(built.files[0]!.path)).toEqual([{ id: 7 }])
})

it('writes a table anew that has many files', async () => {
  const { built, rows } = await added(48)
  expect(built).toMatchObject({ rows: 3, kept: [], files: [{ rows: 3 }] })
  expect(await rows(built.files[0]!.path)).toEqual([{ id: 1 }, { id: 7 }, { id: 7 }])
})

it('publishes what was added as one more file of the Delta table', async () => {
  const shop = await goldShop(ADDING)
  await shop.order(1, 'ann', 5)
  await shop.build()
  await shop.order(2, 'bob', 7)
  await shop.build()
  // Nothing of it is new: no file is added.
  await shop.order(2, 'bob', 7, '2024-06-11')
  await shop.build()
  expect(await shop.delta('added')).toMatchObject({ version: 2, rows: '1,ann 2,bob' })
  expect(await shop.gold('from added order by all')).toBe('1,ann 2,bob')
})
