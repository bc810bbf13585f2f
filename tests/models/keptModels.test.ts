import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { goldShop } from './goldShop.ts'

const FILES = {
  'dbt_project.yml': 'name: shop\nmodels: { +access: public, +materialized: table }\n',
  'models/schema.yml': `
sources: [{ name: silver, tables: [{ name: orders }] }]
models: [{ name: days, config: { access: private } }]
`,
  'models/days.sql': `
{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='date') }}
select date, sum(amount)::bigint as amount, {{ is_incremental() }} as is_refreshed
from {{ source('silver', 'orders') }}
where {% if var('touched_dates', none) is none %} true {% else %} date::varchar in ('{{ var('touched_dates') | join("', '") }}') {% endif %}
group by date`,
  'models/totals.sql': "select sum(amount)::bigint as amount from {{ ref('days') }}",
}

it('incremental models that are not public go on from what they hold, and are published to nobody', async () => {
  const shop = await goldShop(FILES)
  const days = 'select date, amount, is_refreshed from main_kept.days order by all'
  await shop.order(1, 'a', 5, '2024-06-01')
  await shop.order(2, 'a', 7, '2024-06-02')
  await shop.build()
  expect(await shop.gold(days)).toBe('2024-06-01,5,false 2024-06-02,7,false')

  await shop.order(3, 'b', 1, '2024-06-02')
  await shop.order(4, 'b', 2, '2024-06-03')
  expect((await shop.build()).touched).toEqual(['2024-06-02', '2024-06-03'])
  expect(await shop.gold(days)).toBe('2024-06-01,5,false 2024-06-02,8,true 2024-06-03,2,true')
  expect(await shop.gold('from totals')).toBe('15')
  expect(existsSync(join(shop.lake, 'gold/days'))).toBe(false)
  expect(await shop.gold("select table_name from duckdb_tables() where schema_name = 'main'")).toBe(
    'totals',
  )

  // Other models: what the version before has kept counts no more.
  const doubled = FILES['models/days.sql'].replace('sum(amount)', 'sum(2 * amount)')
  await writeFile(join(shop.root, 'models/days.sql'), doubled)
  expect((await shop.build()).touched).toBeNull()
  expect(await shop.gold(days)).toBe('2024-06-01,10,false 2024-06-02,16,false 2024-06-03,4,false')
})
