import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { NodeResult } from '../../../src/models/artifacts/runResults.ts'
import { keepFailingRows, readFailingRows } from '../../../src/models/artifacts/failingRows.ts'
import { keepTestResults, lastTestResults } from '../../../src/models/artifacts/testResults.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { goldShop } from '../goldShop.ts'

const DAY = Date.UTC(2024, 5, 1)
const result = (uniqueId: string, own: Partial<NodeResult> = {}): NodeResult => ({
  ...{ uniqueId, status: 'pass', message: null, failures: 0, sample: [], thread: 1 },
  ...{ startedMs: DAY, endedMs: DAY + 1500, sql: 'select 1', relation: null },
  ...own,
})

it('has of each test its newest result, also where that is of an earlier build', async () => {
  const store = await openLake(`memory:${crypto.randomUUID()}`)
  const unit = result('unit', { status: 'fail', failures: 2, message: 'Got 2 results' })
  await keepTestResults(store, 'gold', [unit, result('a')], { startedMs: DAY, nowMs: DAY })
  const later = { startedMs: DAY + 5000, endedMs: DAY + 5250, status: 'warn', failures: 3 } as const
  await keepTestResults(store, 'gold', [result('a', later)], { startedMs: DAY + 5000, nowMs: DAY })
  await store.create('_quality/_models/gold/zzz.json', new TextEncoder().encode('{"damaged'))
  expect(await lastTestResults(store, 'gold')).toEqual([
    {
      ...{ uniqueId: 'a', status: 'warn', failures: 3, message: null },
      ...{ at: '2024-06-01T00:00:05.250Z', seconds: 0.25 },
    },
    {
      ...{ uniqueId: 'unit', status: 'fail', failures: 2, message: 'Got 2 results' },
      ...{ at: '2024-06-01T00:00:01.500Z', seconds: 1.5 },
    },
  ])
  expect(await lastTestResults(store, 'elsewhere')).toEqual([])
})

it('keeps those of the newest hundred builds', async () => {
  const store = await openLake(`memory:${crypto.randomUUID()}`)
  for (let build = 0; build < 102; build++) {
    await keepTestResults(store, 'gold', [result(`t${build}`)], {
      startedMs: DAY + build,
      nowMs: DAY,
    })
  }
  let kept = 0
  for await (const _ of store.list('_quality/_models/gold/')) kept += 1
  expect(kept).toBe(100)
})

const project = (tests: string) => ({
  'models/totals.sql': "select customer, amount from {{ source('silver', 'orders') }}",
  'models/schema.yml': `sources: [{ name: silver, tables: [{ name: orders }] }]
models:
  - name: totals
    columns:
      - name: customer
        data_tests: ${tests}
`,
})

it('tells how the tests of a build went, whether it was published or not', async () => {
  const passing = await goldShop(project('[unique, not_null]'))
  await passing.order(1, 'ann', 5)
  await passing.build()
  const statuses = async (lake: string) =>
    (await lastTestResults(await openLake(lake), 'gold')).map(({ uniqueId, status, failures }) => [
      uniqueId.split('.')[2],
      status,
      failures,
    ])
  expect(await statuses(passing.lake)).toEqual([
    ['unique_totals_customer', 'pass', 0],
    ['not_null_totals_customer', 'pass', 0],
  ])

  const failing = await goldShop(
    project(
      '[unique, not_null, { accepted_values: { values: [bob], config: { severity: warn } } }]',
    ),
  )
  await failing.order(1, 'ann', 5)
  await failing.order(2, 'ann', 6)
  await expect(failing.build()).rejects.toThrow('unique_totals_customer: 1 failing rows')
  expect((await statuses(failing.lake)).toSorted()).toEqual([
    ['accepted_values_totals_customer__bob', 'warn', 1],
    ['not_null_totals_customer', 'pass', 0],
    ['unique_totals_customer', 'fail', 1],
  ])
})

it('keeps the rows that failed the tests of the newest build, many where a test stores them', async () => {
  const store = await openLake(`memory:${crypto.randomUUID()}`)
  const keep = (results: readonly NodeResult[], known = ['test.p.a', 'test.p.b']) =>
    keepFailingRows(store, 'gold', results, known)
  const rows = () => readFailingRows(store, 'gold', 9)
  await keep([
    result('test.p.a', { status: 'fail', sample: [{ id: 1 }, { id: 2 }] }),
    result('test.p.b'),
  ])
  expect(await rows()).toEqual({ 'test.p.a': [{ id: 1 }, { id: 2 }] })
  await keep([result('test.p.a', { status: 'fail', sample: [{ id: 2 }] })])
  expect(await rows()).toEqual({ 'test.p.a': [{ id: 2 }] })
  await keep([result('test.p.b', { status: 'fail', sample: [{ id: 3 }] })])
  expect(await rows()).toEqual({ 'test.p.a': [{ id: 2 }], 'test.p.b': [{ id: 3 }] })
  await keep([result('test.p.a')])
  expect(await rows()).toEqual({ 'test.p.b': [{ id: 3 }] })
  // One that was renamed leaves none behind, and names are as long as they like.
  const long = `test.p.${'x'.repeat(400)}`
  await keep([result(long, { status: 'fail', sample: [{ id: 4 }] })], [long])
  expect(await rows()).toEqual({ [long]: [{ id: 4 }] })

  const shop = await goldShop(project('[{ unique: { config: { store_failures: true } } }]'))
  for (let order = 0; order < 20; order++) await shop.order(order, `c${order % 10}`, 1)
  await expect(shop.build()).rejects.toThrow('10 failing rows')
  const lake = await openLake(shop.lake)
  const kept: string[] = []
  for await (const { key } of lake.list('_quality/_failures/gold/')) {
    kept.push(new TextDecoder().decode(await lake.read(key)))
  }
  expect(kept.map((text) => text.trim().split('\n').length)).toEqual([10])
})

it('runs unit tests in a refresh too, where the build before failed: a change was taken back', async () => {
  const doubled =
    "select customer, 2 * amount as amount, date from {{ source('silver', 'orders') }}"
  const config = "{{ config(materialized='incremental', incremental_strategy='append') }}"
  const shop = await goldShop({
    'models/bills.sql': `${config}\n${doubled}`,
    'models/schema.yml': `sources: [{ name: silver, tables: [{ name: orders }] }]
unit_tests:
  - name: amounts_are_doubled
    model: bills
    given: [{ input: "source('silver', 'orders')", rows: [{ amount: 2 }] }]
    expect: { rows: [{ amount: 4 }] }
`,
  })
  const last = async () => {
    const results = await lastTestResults(await openLake(shop.lake), 'gold')
    return results.map(({ uniqueId, status }) => [uniqueId.split('.').at(-1), status])
  }
  const model = join(shop.root, 'models/bills.sql')
  await shop.order(1, 'ann', 5)
  await shop.build()
  expect(await last()).toEqual([['amounts_are_doubled', 'pass']])

  await writeFile(model, `${config}\n${doubled.replace('2 *', '3 *')}`)
  await shop.order(2, 'ann', 6)
  await expect(shop.build()).rejects.toThrow('amounts_are_doubled')
  expect(await last()).toEqual([['amounts_are_doubled', 'fail']])

  await writeFile(model, `${config}\n${doubled}`)
  const { touched, checks } = await shop.build()
  expect(touched).not.toBeNull()
  expect(checks.map(({ name }) => name)).toEqual(['amounts_are_doubled'])
  expect(await last()).toEqual([['amounts_are_doubled', 'pass']])

  await shop.order(3, 'bob', 7)
  expect((await shop.build()).checks).toEqual([])
})
