import { describe, expect, it } from 'vitest'
import { runSuite } from '../../src/quality/runSuite.ts'
import { defineSuite } from '../../src/quality/suite.ts'
import type { SuiteTable } from '../../src/quality/suite.ts'
import {
  expectColumnMeanToBeBetween,
  expectColumnToExist,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeUnique,
  expectColumnValuesToNotBeNull,
  expectForeignKeysInColumnAToExistInColumnB,
  expectQueryToReturnNoRows,
  expectTableRowCountToBeBetween,
} from '../../src/quality.ts'
import { database } from './database.ts'

const ORDERS = `create table orders as
  select i as id, i % 3 as customer, cast(i as double) as amount, repeat('x', 2000) as note from range(100) as r(i)`
const CUSTOMERS = 'create table customers as from range(3) as customers(id)'
const options = {
  before: {},
  nowMs: () => 0,
  keepRows: 3,
  bind: async ({ table }: SuiteTable) => ({ id: table, relation: `"${table}"` }),
}

const shop = () =>
  defineSuite('shop', [
    {
      table: 'orders',
      key: ['id'],
      expectations: [
        expectColumnValuesToBeUnique({ column: 'id' }),
        expectColumnValuesToNotBeNull({ column: 'amount' }),
        expectColumnValuesToBeBetween({ column: 'amount', minValue: 0 }),
        expectForeignKeysInColumnAToExistInColumnB({
          columnA: 'customer',
          otherTable: 'customers',
          columnB: 'id',
        }),
      ],
    },
    { table: 'customers', expectations: [expectTableRowCountToBeBetween({ minValue: 1 })] },
  ])

describe('a suite that passes', () => {
  it('asks one statement beside the description of each table', async () => {
    const { query, asked } = await database(ORDERS, CUSTOMERS)
    const result = await runSuite(shop(), { ...options, query })
    expect(result).toMatchObject({ success: true, blocked: false })
    expect(result.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ['orders', 100],
      ['customers', 3],
    ])
    expect(asked.filter((sql) => !sql.startsWith('describe'))).toHaveLength(1)
    expect(asked).toHaveLength(3)
  })

  it('reads each table once, and only foreign keys beside that', async () => {
    const { query, asked } = await database(ORDERS, CUSTOMERS)
    await runSuite(shop(), { ...options, query })
    const [plan] = await query(`explain ${asked.at(-1)}`)
    const scans = String(plan?.['explain_value']).match(/SEQ_SCAN/g) ?? []
    expect(scans).toHaveLength(4)
  })
})

describe('a suite that fails', () => {
  it('keeps keys and values of some failing rows, long text cut', async () => {
    const { query } = await database(ORDERS)
    const suite = defineSuite('s', [
      {
        table: 'orders',
        key: ['id'],
        expectations: [
          expectColumnValuesToBeBetween({ column: 'amount', maxValue: 89 }),
          expectQueryToReturnNoRows({ unexpectedRowsQuery: 'from {batch} where id = 1' }),
          expectQueryToReturnNoRows({
            unexpectedRowsQuery: 'select id, range(5000) as many from {batch} where id = 1',
          }),
        ],
      },
    ])
    const { expectations } = await runSuite(suite, { ...options, query })
    // However long the lists of a row are, few of their entries are kept.
    expect(expectations[2]?.rows[0]?.['many']).toHaveLength(20)
    expect(expectations[0]).toMatchObject({ success: false, elements: 100, unexpected: 10 })
    expect(expectations[0]?.rows).toHaveLength(3)
    expect(expectations[0]?.rows[0]).toEqual({ id: '90', amount: 90 })
    expect(String(expectations[1]?.rows[0]?.['note'])).toHaveLength(501)
  })

  it('blocks by severity', async () => {
    const { query } = await database(ORDERS)
    const run = (severity: 'warn' | 'block', own?: 'warn' | 'block') => {
      const expectation = expectColumnMeanToBeBetween({
        column: 'amount',
        maxValue: 1,
        ...(own === undefined ? {} : { severity: own }),
      })
      const tables = [{ table: 'orders', expectations: [expectation] }]
      return runSuite(defineSuite('s', tables, { severity }), { ...options, query })
    }
    expect(await run('block')).toMatchObject({ success: false, blocked: true })
    expect(await run('warn')).toMatchObject({ success: false, blocked: false })
    expect(await run('warn', 'block')).toMatchObject({ blocked: true })
    expect(await run('block', 'warn')).toMatchObject({ blocked: false })
  })
})

describe('what can not be computed', () => {
  it('is a failure of its own, and the others are still judged', async () => {
    const { query } = await database(ORDERS)
    const suite = defineSuite('s', [
      {
        table: 'orders',
        expectations: [
          expectColumnValuesToBeUnique({ column: 'id' }),
          expectColumnValuesToNotBeNull({ column: 'gone' }),
          expectColumnToExist({ column: 'gone' }),
          expectQueryToReturnNoRows({ unexpectedRowsQuery: 'from nowhere' }),
          expectColumnValuesToBeBetween({ column: 'id', minValue: 1, where: 'nonsense(id)' }),
        ],
      },
      { table: 'nothing', expectations: [expectTableRowCountToBeBetween({ minValue: 0 })] },
    ])
    const { expectations, tables } = await runSuite(suite, { ...options, query })
    expect(expectations.map(({ success }) => success)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ])
    expect(expectations.map(({ error }) => error)).toEqual([
      null,
      "there is no column 'gone'",
      null,
      expect.stringContaining('nowhere'),
      expect.stringContaining('nonsense'),
      expect.stringContaining('nothing'),
    ])
    expect(tables.map(({ rows }) => rows)).toEqual([100, null])
  })

  it('expects nothing of a table that may be absent and is, and fails where one is misspelt', async () => {
    const { query } = await database(ORDERS)
    const expectations = [expectColumnToExist({ column: 'x' })]
    const run = (own: Partial<SuiteTable>) =>
      runSuite(defineSuite('s', [{ table: 'later', expectations, ...own }]), {
        ...{ ...options, query },
        bind: async () => undefined,
      })
    const nothing = await run({ mayBeAbsent: true })
    expect(nothing).toMatchObject({ success: true, tables: [], expectations: [] })
    const model = "there is no model 'later': look for a misspelling"
    expect(await run({})).toMatchObject({
      ...{ success: false, blocked: true, tables: [{ table: 'later', rows: null }] },
      expectations: [{ success: false, error: expect.stringContaining(model) as string }],
    })
    const table = "no Delta table at 'silver/ordrs' in the lake"
    expect(await run({ delta: 'silver/ordrs' })).toMatchObject({
      expectations: [{ error: expect.stringContaining(table) as string }],
    })
  })
})

describe('defineSuite', () => {
  const some = [expectColumnToExist({ column: 'x' })]
  it.each([
    [() => defineSuite('a/b', [{ table: 't', expectations: some }])],
    [() => defineSuite('s', [])],
    [() => defineSuite('s', [{ table: 't', expectations: [] }])],
    [
      () =>
        defineSuite('s', [
          { table: 't', expectations: some },
          { table: 't', expectations: some },
        ]),
    ],
    [
      () =>
        defineSuite('s', [
          {
            table: 't',
            delta: 'x',
            raw: { path: 'x', format: 'csv', fields: ['a'] },
            expectations: some,
          },
        ]),
    ],
  ])('refuses what can not be run', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'SBX_SUITE' }) as Error)
  })
})
