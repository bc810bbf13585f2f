import { expect, test } from 'vitest'
import { openLake } from '../../src/index.ts'
import { keepResult, readResults, rowsBefore } from '../../src/quality/resultStore.ts'
import type { SuiteResult } from '../../src/quality/suiteResult.ts'

const result = (at: number, rows: number, blocked: boolean): SuiteResult => ({
  ...{ formatVersion: 1, suite: 'sales', success: !blocked, blocked, durationSeconds: 0 },
  startedAt: new Date(Date.UTC(2024, 5, 1) + at * 1000).toISOString(),
  tables: [{ table: 'sales', rows, columns: [] }],
  expectations: [],
})

test('what passed last stays the measure, however often a build is blocked after it', async () => {
  const store = await openLake(`memory:${crypto.randomUUID()}`)
  expect(await rowsBefore(store, 'sales')).toEqual({})
  await keepResult(store, result(0, 900, false))
  await keepResult(store, result(1, 1000, false))
  for (let at = 2; at <= 130; at++) await keepResult(store, result(at, 500, true))
  expect(await rowsBefore(store, 'sales')).toEqual({ sales: 1000 })
  const kept = await readResults(store, 'sales', 1000)
  expect(kept.map(({ tables }) => tables[0]?.rows)).toEqual([...Array<number>(100).fill(500), 1000])

  await keepResult(store, result(131, 950, false))
  expect(await rowsBefore(store, 'sales')).toEqual({ sales: 950 })
  expect(await readResults(store, 'sales', 1000)).toHaveLength(100)
})
