import { expect, test } from 'vitest'
import { deltaLog } from '../../../src/lake/delta/deltaLog.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import { goldShop } from '../goldShop.ts'
import { query } from '../silverLake.ts'

test('files of before are written anew where an append changes a column', async () => {
  const config = `materialized='incremental', incremental_strategy='append', unique_key='id', on_schema_change='sync_all_columns'`
  const shop = await goldShop({
    'models/added.sql': `{{ config(${config}) }}
select id, {% if is_incremental() %}cast(id as varchar){% else %}cast(id as integer){% endif %} as n
from {{ source('silver', 'orders') }}
{% if is_incremental() %}where id not in (select id from {{ this }}){% endif %}`,
    'models/schema.yml': 'sources: [{ name: silver, tables: [{ name: orders }] }]\n',
  })
  await shop.order(1, 'ann', 5)
  await shop.build()
  await shop.order(2, 'bob', 7)
  await shop.build()
  expect(await shop.gold('from added order by all')).toBe('1,1 2,2')

  const clock = { now: () => 0, sleep: async () => {} }
  const store = await openLake(shop.lake)
  const { files } = await deltaLog({ store, path: 'gold/added', clock }).snapshot()
  const types = await Promise.all(
    [...files.keys()].map((file) =>
      query(':memory:', (all) =>
        all(`select column_type from (describe from read_parquet('${shop.lake}/gold/added/${file}'))
             where column_name = 'n'`),
      ),
    ),
  )
  expect(types.flat()).toEqual(types.map(() => ({ column_type: 'VARCHAR' })))
})
