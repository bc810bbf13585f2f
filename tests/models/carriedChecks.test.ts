import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { GateError } from '../../src/core/errors.ts'
import type { BuildGate } from '../../src/core/models.ts'
import type { Figures } from '../../src/core/figures.ts'
import {
  defineSuite,
  expectColumnValuesToBeBetween,
  expectQueryToReturnNoRows,
  suiteGate,
} from '../../src/quality.ts'
import { goldShop } from './goldShop.ts'
import type { GoldShop } from './goldShop.ts'

const PROJECT = {
  'models/customers.sql': `{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='customer') }}
select customer, count(*) as orders from {{ source('silver', 'orders') }}
{% if is_incremental() %}
where customer in (
  select customer from {{ source('silver', 'orders') }}
  where date in ({% for day in var('touched_dates', ['2000-01-01']) %}date '{{ day }}'{% if not loop.last %}, {% endif %}{% endfor %})
)
{% endif %}
group by customer`,
  'models/sales.sql': `{{ config(materialized='incremental', incremental_strategy='append', unique_key='date') }}
select id, customer, amount, date from {{ source('silver', 'orders') }}
{% if is_incremental() %} where id not in (select id from {{ this }}) {% endif %}`,
  'models/schema.yml': `sources: [{ name: silver, tables: [{ name: orders }] }]
models:
  - name: sales
    columns:
      - name: id
        data_tests: [unique, not_null]
      - name: customer
        data_tests:
          - relationships: { arguments: { to: ref('customers'), field: customer } }
          - accepted_values: { arguments: { values: [ann, bob] } }
`,
}

/** Remembers what a gate is told of a model. */
function spy(name: string) {
  const seen: (string | undefined)[] = []
  const gate: BuildGate = {
    name: 'spy',
    check: async (_query, figures?: Figures) => {
      seen.push(figures?.model(name).added)
      return []
    },
  }
  return { gate, seen }
}

async function shopOfTwoDays(gates: readonly BuildGate[] = []): Promise<GoldShop> {
  const shop = await goldShop(PROJECT, { gates })
  await shop.order(1, 'ann', 5, '2024-06-01')
  await shop.order(2, 'bob', 7, '2024-06-02')
  await shop.build()
  return shop
}

/** Changes the newest version's database behind everybody's back. */
async function change(shop: GoldShop, sql: string): Promise<() => Promise<void>> {
  const folder = join(shop.lake, 'gold/_versions')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.duckdb')).sort()
  const file = join(folder, names.at(-1)!)
  const sound = await readFile(file)
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
  return () => writeFile(file, sound)
}

describe('checks of a refresh', () => {
  it('look at added rows alone where the version before is what was checked', async () => {
    const { gate, seen } = spy('sales')
    const shop = await shopOfTwoDays([gate])
    await shop.order(3, 'ann', 9, '2024-06-02')
    expect((await shop.build()).touched).toEqual(['2024-06-02'])
    expect(seen).toEqual([undefined, expect.stringContaining('sales__dbt_tmp')])
    expect(await shop.gold('from sales order by id')).toBe(
      '1,ann,5,2024-06-01 2,bob,7,2024-06-02 3,ann,9,2024-06-02',
    )
  })

  it.each([
    ['a key twice', "insert into sales values (1, 'ann', 5, '2024-06-01')", 'unique_sales_id: 1'],
    ['no key', 'update sales set id = null where id = 1', 'not_null_sales_id: 1'],
    ['an orphan', "delete from customers where customer = 'bob'", 'relationships_sales_customer'],
    ['a value', "update sales set customer = 'eve' where id = 1", 'accepted_values_sales_customer'],
  ])('find %s in a day that is not built, and pass when it is mended', async (_what, sql, said) => {
    const { gate, seen } = spy('sales')
    const shop = await shopOfTwoDays([gate])
    const mend = await change(shop, sql)
    await shop.order(3, 'ann', 9, '2024-06-03')
    for (const _try of ['once', 'and again']) {
      const built = shop.build()
      await expect(built).rejects.toThrow(GateError)
      await expect(built).rejects.toThrow(said)
    }
    expect(seen).toEqual([undefined, undefined, undefined])
    await mend()
    expect((await shop.build()).touched).toEqual(['2024-06-03'])
    expect(seen.at(-1)).toContain('sales__dbt_tmp')
  })

  it('find what comes with the added rows', async () => {
    const shop = await shopOfTwoDays()
    await shop.order(3, 'eve', 9, '2024-06-03')
    await expect(shop.build()).rejects.toThrow(
      'accepted_values_sales_customer__ann__bob: 1 failing rows, such as {"value_field":"eve"',
    )
  })

  it('ask anew about everything what they did not ask before', async () => {
    const suite = (maxValue: number) =>
      defineSuite('sales', [
        {
          ...{ table: 'sales', key: ['id'] },
          expectations: [expectColumnValuesToBeBetween({ column: 'amount', maxValue })],
        },
      ])
    let most = 8
    const gate: BuildGate = {
      name: 'suites',
      check: (query, figures) =>
        suiteGate({ lake: shop.lake, suites: [suite(most)] }).check(query, figures),
    }
    const shop = await goldShop(PROJECT, { gates: [gate] })
    await shop.order(1, 'ann', 5, '2024-06-01')
    await shop.build()
    await shop.order(2, 'bob', 3, '2024-06-02')
    await shop.build()
    most = 4
    await shop.order(3, 'bob', 3, '2024-06-03')
    await expect(shop.build()).rejects.toThrow('1 failing rows, such as {"id":"1","amount":"5"}')
  })

  it('begin beside the models with what those do not make, and block by what comes of it', async () => {
    const seen: string[] = []
    const gate: BuildGate = {
      name: 'apart',
      check: () => Promise.reject(new Error('a refresh begins')),
      begin: async (query, figures) => {
        await query('create temp table mine as select 1 as one')
        seen.push(
          await query('select count(*)::int as n from mine').then(([row]) => String(row!['n'])),
        )
        expect(() => figures.model('sales')).toThrow('not made yet')
        return async (query) => {
          const [row] = await query('select count(*)::int as n from sales')
          seen.push(`${String(row!['n'])} sales`)
          const failures = Number(row!['n']) > 3 ? 1 : 0
          return [{ name: 'few', severity: 'error', failures, sample: [] }]
        }
      },
    }
    const first = { ...gate, check: () => Promise.resolve([]) }
    const gates: BuildGate[] = [first]
    const shop = await goldShop(PROJECT, { gates })
    await shop.order(1, 'ann', 5, '2024-06-01')
    await shop.order(2, 'bob', 7, '2024-06-02')
    await shop.build()
    expect(seen).toEqual([])
    gates[0] = gate
    await shop.order(3, 'ann', 9, '2024-06-02')
    await shop.build()
    expect(seen).toEqual(['1', '3 sales'])
    await shop.order(4, 'ann', 9, '2024-06-02')
    await expect(shop.build()).rejects.toThrow('few: 1 failing rows')
  })

  it('judge a suite of Silver that names a model with its catalog behind the models', async () => {
    const of = 'select count(*) from gold.main.sales'
    const expectations = [
      expectColumnValuesToBeBetween({ column: 'id', maxValue: 0, where: `(${of}) <> 3` }),
      expectQueryToReturnNoRows({
        unexpectedRowsQuery: `select * from {batch} where (${of}) <> 3`,
      }),
    ]
    const table = { table: 'orders', delta: 'silver/orders', expectations }
    const gates: BuildGate[] = []
    const shop = await shopOfTwoDays(gates)
    const suites = suiteGate({ lake: shop.lake, suites: [defineSuite('silver', [table])] })
    let failures: readonly number[] = []
    gates[0] = {
      name: 'suites',
      check: () => Promise.reject(new Error('a refresh begins')),
      begin: async (query, figures) => {
        const attached = "from duckdb_databases() where database_name = 'go' || 'ld'"
        // The version before is there by then, and has two.
        while ((await query(attached)).length === 0);
        const rest = await suites.begin!(query, figures)
        return async (...asked) => {
          const checks = await rest(...asked)
          failures = checks.map((check) => check.failures)
          return checks
        }
      },
    }
    await shop.order(3, 'ann', 9, '2024-06-02')
    await shop.build()
    expect(failures).toEqual([0, 0])
  })
})
