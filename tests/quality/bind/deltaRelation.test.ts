import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLake } from '../../../src/lake/openLake.ts'
import { deltaRelation } from '../../../src/quality/bind/deltaRelation.ts'
import { database } from '../database.ts'

it('can stand inside a query about a table that has a column called as a type', async () => {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-relation-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  const path = 'posts/date=2024-02-29/part-1.parquet'
  await mkdir(join(lake, 'posts/date=2024-02-29'), { recursive: true })
  const { query } = await database()
  await query(`copy (select 7::bigint as id) to '${lake}/${path}' (format parquet)`)
  const columns = [
    { name: 'id', type: 'int64', nullable: false },
    { name: 'date', type: 'date', nullable: false },
  ] as const
  const file = {
    ...{ path: 'date=2024-02-29/part-1.parquet', partitionValues: { date: '2024-02-29' } },
    ...{ bytes: 1, records: 1 },
  }
  const version = { version: 0, columns, partitionColumns: ['date'], files: [file] }
  const relation = await deltaRelation(await openLake(lake), 'posts', version, [file], lake)
  const rows = await query(
    `select a.id, a.date::varchar as date from ${relation} as a where exists (select 1 from ${relation} as b where b.id = a.id)`,
  )
  expect(rows.map((row) => Object.values(row).map(String))).toEqual([['7', '2024-02-29']])
})
