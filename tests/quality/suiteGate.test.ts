import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineTopology, memorySource, openLake, run } from '../../src/index.ts'
import { deltaTable } from '../../src/parquet.ts'
import {
  checkLake,
  defineSuite,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeOfType,
  expectColumnValuesToBeUnique,
  expectColumnValuesToNotBeNull,
  expectForeignKeysInColumnAToExistInColumnB,
  expectTableRowCountChangeToBeBetween,
  expectTableRowCountToEqual,
  readResults,
  refuseBlocked,
  suiteGate,
} from '../../src/quality.ts'
import * as v from 'valibot'
import type { Expectation } from '../../src/quality.ts'
import { figureBook } from '../../src/lake/figures/figureBook.ts'
import { database } from './database.ts'

async function lakeFolder(): Promise<string> {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-quality-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  return lake
}

const orders = (rows: number) =>
  defineSuite('orders', [
    {
      table: 'orders',
      key: ['id'],
      expectations: [
        expectColumnValuesToBeUnique({ column: 'id' }),
        expectColumnValuesToBeBetween({ column: 'amount', minValue: 0, severity: 'warn' }),
        expectTableRowCountChangeToBeBetween({ minRatio: 0.8 }),
        expectTableRowCountToEqual({ value: rows, description: 'as many as there are' }),
      ],
    },
  ])

describe('suiteGate', () => {
  it('compares with builds that were published, not with what passed of one that was refused', async () => {
    const lake = await lakeFolder()
    const expectations = [expectTableRowCountChangeToBeBetween({ minRatio: 0.5, maxRatio: 2 })]
    const suites = [defineSuite('volume', [{ table: 'orders', expectations }])]
    let now = Date.UTC(2024, 0, 1)
    const gate = suiteGate({ lake, suites, nowMs: () => (now += 1000) })
    const failures = async (rows: number) => {
      const { query } = await database(`create table orders as select unnest(range(${rows})) as id`)
      return (await gate.check(query)).map((check) => check.failures)
    }
    expect(await failures(100)).toEqual([0])
    expect(await failures(190)).toEqual([0])
    await gate.refused!()
    expect(await failures(350)).toEqual([1])
    expect(await failures(190)).toEqual([0])
    expect(await failures(350)).toEqual([0])
    const results = await readResults(await openLake(lake), 'volume')
    expect(results.map(({ refused }) => refused ?? false)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ])
  })

  it('gives one check an expectation, with a sample of what failed', async () => {
    const lake = await lakeFolder()
    const { query } = await database(
      'create table orders as from (values (1, 5), (1, -1), (3, 0)) as o(id, amount)',
    )
    const checks = await suiteGate({ lake, suites: [orders(3)] }).check(query)
    expect(checks).toEqual([
      {
        name: 'orders.orders.expectColumnValuesToBeUnique(id)',
        severity: 'error',
        failures: 2,
        sample: [{ id: 1 }, { id: 1 }],
      },
      {
        name: 'orders.orders.expectColumnValuesToBeBetween(amount)',
        severity: 'warn',
        failures: 1,
        sample: [{ id: 1, amount: -1 }],
      },
      expect.objectContaining({ failures: 0, sample: [] }),
      {
        name: 'orders.orders: as many as there are',
        severity: 'error',
        failures: 0,
        sample: [],
      },
    ])
  })

  it('begins with the suites that need no model, and leaves those to the rest that refer to one after all', async () => {
    const lake = await lakeFolder()
    await mkdir(join(lake, 'bronze'))
    await writeFile(join(lake, 'bronze/a.ndjson'), '{"id":"1"}\n{"id":null}\n')
    const bronze = (name: string, expectation: Expectation) => {
      const raw = { path: 'bronze', format: 'ndjson', fields: ['id'] } as const
      return defineSuite(name, [{ table: 'raw', raw, key: ['id'], expectations: [expectation] }])
    }
    const known = { columnA: 'id', otherTable: 'orders', columnB: 'id' }
    const suites = [
      orders(1),
      bronze('refers', expectForeignKeysInColumnAToExistInColumnB(known)),
      bronze('alone', expectColumnValuesToNotBeNull({ column: 'id' })),
    ]
    const gate = suiteGate({ lake, suites })
    // What the models' database has before they are made is another version's.
    const { query } = await database('create table orders as select 7 as id, 1 as amount')
    const book = figureBook({ query })
    const kept = async () => {
      const store = await openLake(lake)
      const all = await Promise.all(suites.map(({ name }) => readResults(store, name)))
      return all.map(({ length }) => length)
    }
    const rest = await gate.begin!(query, book.beforehand(query))
    expect(await kept()).toEqual([0, 0, 1])
    await query("create or replace table orders as select '1' as id, 1 as amount")
    const checks = await rest(query, book)
    expect(await kept()).toEqual([1, 1, 1])
    const failures = (start: string) =>
      checks.filter(({ name }) => name.startsWith(start)).map((check) => check.failures)
    expect(checks[0]!.name).toMatch(/^orders\./)
    expect(failures('refers.raw')).toEqual([0])
    expect(failures('alone.raw')).toEqual([1])
  })

  it('keeps the result of each run, newest first, and compares with the last one that passed', async () => {
    const lake = await lakeFolder()
    let now = Date.UTC(2024, 0, 1)
    const rowsAndFailures: number[][] = []
    for (const rows of [10, 5, 9]) {
      const { query } = await database(
        `create table orders as select i as id, i as amount from range(${rows}) as r(i)`,
      )
      const gate = suiteGate({ lake, suites: [orders(rows)], nowMs: () => (now += 1000) })
      const checks = await gate.check(query)
      rowsAndFailures.push([rows, checks.reduce((sum, { failures }) => sum + failures, 0)])
    }
    // 9 of 10: the halved table in between did not pass, so it is no measure.
    expect(rowsAndFailures).toEqual([
      [10, 0],
      [5, 1],
      [9, 0],
    ])
    const kept = await readResults(await openLake(lake), 'orders')
    expect(kept.map(({ blocked, tables }) => [tables[0]?.rows, blocked])).toEqual([
      [9, false],
      [5, true],
      [10, false],
    ])
  })

  it('keeps the newest hundred results', async () => {
    const lake = await lakeFolder()
    let now = 0
    const { query } = await database('create table orders as select 1 as id, 1 as amount')
    const gate = suiteGate({ lake, suites: [orders(1)], nowMs: () => (now += 1000) })
    for (let time = 0; time < 103; time++) await gate.check(query)
    const kept = await readResults(await openLake(lake), 'orders')
    expect(kept).toHaveLength(100)
    expect(kept[0]!.startedAt > kept[99]!.startedAt).toBe(true)
  })

  it.each([{ keepRows: -1 }, { keepRows: 1001 }, { keepRows: 0.5 }])('refuses %j', (wrong) => {
    expect(() => suiteGate({ lake: 'x', suites: [], ...wrong })).toThrow('keepRows')
  })

  it('refuses two suites of one name', () => {
    expect(() => suiteGate({ lake: 'x', suites: [orders(1), orders(2)] })).toThrow("'orders'")
  })
})

describe('checkLake', () => {
  const Order = v.object({ day: v.string(), id: v.string(), amount: v.nullable(v.number()) })
  const rows = [
    { day: 'mon/"1\'', id: 'a', amount: 1 },
    { day: 'tue', id: 'b', amount: null },
    { day: 'tue', id: 'b', amount: 3 },
  ]

  it('reads a Delta table as its log says', async () => {
    const lake = await lakeFolder()
    const topology = defineTopology('shop', (flow) => {
      const table = deltaTable({ lake, path: 'silver/orders', schema: Order, partitionBy: ['day'] })
      flow.source('in', memorySource(rows)).toTable('orders', table)
      return {}
    })
    await run(topology).done
    await mkdir(join(lake, 'silver/orders/day=tue'), { recursive: true })
    await writeFile(join(lake, 'silver/orders/day=tue/part-stray.parquet'), 'no part of the table')
    const suite = defineSuite('silver_orders', [
      {
        table: 'orders',
        delta: 'silver/orders',
        key: ['day'],
        expectations: [
          expectTableRowCountToEqual({ value: 3 }),
          expectColumnValuesToBeOfType({ column: 'day', type: 'VARCHAR' }),
          expectColumnValuesToBeUnique({ column: 'id' }),
          expectColumnValuesToNotBeNull({ column: 'amount', mostly: 0.5 }),
          expectTableRowCountToEqual({ value: 1, where: `day = 'mon/"1'''` }),
        ],
      },
      {
        table: 'absent',
        delta: 'silver/absent',
        mayBeAbsent: true,
        expectations: [expectTableRowCountToEqual({ value: 9 })],
      },
    ])
    const results = await checkLake({ lake, suites: [suite], threads: 1 })
    const [{ expectations } = { expectations: [] }] = results
    expect(expectations.map(({ success }) => success)).toEqual([true, true, false, true, true])
    expect(expectations[2]?.rows).toEqual([
      { day: 'tue', id: 'b' },
      { day: 'tue', id: 'b' },
    ])
    expect(() => refuseBlocked(results)).toThrow(
      expect.objectContaining({
        code: 'SBX_SUITE_BLOCKED',
        message: expect.stringContaining(
          '2 failing rows, such as {"day":"tue","id":"b"}',
        ) as string,
      }) as Error,
    )
  })

  it('reads raw files: absent fields and broken records are null', async () => {
    const lake = await lakeFolder()
    const folder = join(lake, 'bronze/shop')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'a.ndjson'), '{"id":"1","amount":5}\n{"id":"2"}\nbroken\n')
    await writeFile(join(folder, 'b.ndjson.gz'), gzipSync('{"id":"4","nested":{"x":1}}\n'))
    await writeFile(join(folder, 'c.csv'), 'id,amount\n7,"a,b"\n')
    await writeFile(join(folder, 'd.csv'), 'name,id\nx,8\n')
    const raw = { path: 'bronze/shop', fields: ['id', 'amount', 'more'] } as const
    const expectations = (rows: number) => [
      expectTableRowCountToEqual({ value: rows }),
      expectColumnValuesToNotBeNull({ column: 'id', mostly: 0.7 }),
      expectColumnValuesToNotBeNull({ column: 'more' }),
    ]
    const suite = defineSuite('bronze', [
      { table: 'lines', raw: { ...raw, format: 'ndjson' }, expectations: expectations(4) },
      { table: 'rows', raw: { ...raw, format: 'csv' }, expectations: expectations(2) },
      {
        table: 'nothing',
        raw: { ...raw, path: 'bronze/none', format: 'csv' },
        expectations: expectations(0),
      },
    ])
    const [result] = await checkLake({ lake, suites: [suite], threads: 1 })
    expect(result?.expectations.map(({ success, error }) => error ?? success)).toEqual([
      ...[true, true, false],
      ...[true, true, false],
      ...[true, true, true],
    ])
    expect(result?.blocked).toBe(true)
  })

  it('reads the newest raw files, at most so many bytes', async () => {
    const lake = await lakeFolder()
    await mkdir(join(lake, 'raw'))
    for (const name of ['a', 'b', 'c']) {
      await writeFile(join(lake, `raw/${name}.ndjson`), '{"id":"12345678"}\n'.repeat(10))
    }
    const raw = { path: 'raw', format: 'ndjson', fields: ['id'], maxBytes: 400 } as const
    const expectations = [expectTableRowCountToEqual({ value: 20 })]
    const suite = defineSuite('raw', [{ table: 'raw', raw, expectations }])
    const [result] = await checkLake({ lake, suites: [suite], threads: 1 })
    expect(result?.expectations[0]).toMatchObject({ success: true, observed: 20 })
  })

  it('fetches what lies in a lake that is no folder', async () => {
    const lake = `memory:quality-${crypto.randomUUID()}`
    const topology = defineTopology('shop', (flow) => {
      const table = deltaTable({ lake, path: 'orders', schema: Order, partitionBy: ['day'] })
      flow.source('in', memorySource(rows)).toTable('orders', table)
      return {}
    })
    await run(topology).done
    const expectations = [expectTableRowCountToEqual({ value: 3 })]
    const suite = defineSuite('s', [{ table: 'orders', delta: 'orders', expectations }])
    const results = await checkLake({ lake, suites: [suite], threads: 1 })
    expect(results[0]).toMatchObject({ success: true })
    expect(() => refuseBlocked(results)).not.toThrow()
  })
})
