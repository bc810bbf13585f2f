import { describe, expect, it } from 'vitest'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { goldShop } from './goldShop.ts'

const clock = { now: () => 1_700_000_000_000 }
const files = {
  'models/days.sql': `{{ config(materialized='incremental', unique_key='date') }}
select date, sum(amount)::bigint as amount, '{{ var('touched_dates', ['all']) | join(' ') }}' as run
from {{ source('silver', 'orders') }}
{% if is_incremental() %}where cast(date as varchar) in ('{{ var('touched_dates', []) | join("', '") }}'){% endif %}
group by all`,
  'models/schema.yml': 'sources: [{ name: silver, tables: [{ name: orders }] }]\n',
}
const DAYS = 'select date::varchar, amount, run from days order by date'

async function shopWithTwoDays() {
  const shop = await goldShop(files)
  await shop.order(1, 'ann', 1, '2024-06-01')
  await shop.order(2, 'ann', 2, '2024-06-02')
  expect((await shop.build()).touched).toBeNull()
  const log = deltaLog({ store: await openLake(shop.lake), path: 'silver/orders', clock })
  return { ...shop, log }
}

describe('planRefresh', () => {
  it('builds the days that have new rows, a late record’s own day among them', async () => {
    const shop = await shopWithTwoDays()
    await shop.order(3, 'bob', 5, '2024-06-01')
    await shop.order(4, 'bob', 7, '2024-06-03')
    expect((await shop.build()).touched).toEqual(['2024-06-01', '2024-06-03'])
    expect(await shop.gold(DAYS)).toBe(
      '2024-06-01,6,2024-06-01 2024-06-03 2024-06-02,2,all 2024-06-03,7,2024-06-01 2024-06-03',
    )
    expect((await shop.delta('days')).rows).toContain('6,2024-06-01 2024-06-03')
  })

  it('takes what compaction moves for what it was', async () => {
    const shop = await shopWithTwoDays()
    await shop.log.commit(() => [
      { remove: { path: 'date=2024-06-01/part-1.parquet', dataChange: false } },
      {
        add: {
          path: 'date=2024-06-01/part-1.parquet',
          ...{ partitionValues: { date: '2024-06-01' }, size: 1, modificationTime: 0 },
          dataChange: false,
        },
      },
    ])
    expect((await shop.build()).touched).toEqual([])
    expect(await shop.gold(DAYS)).toBe('2024-06-01,1,all 2024-06-02,2,all')
  })

  it('builds everything where rows were removed', async () => {
    const shop = await shopWithTwoDays()
    await shop.log.commit(() => [
      { remove: { path: 'date=2024-06-01/part-1.parquet', dataChange: true } },
    ])
    expect((await shop.build()).touched).toBeNull()
    expect(await shop.gold(DAYS)).toBe('2024-06-02,2,all')
  })

  it('builds everything where the columns have changed', async () => {
    const shop = await shopWithTwoDays()
    await shop.log.commit(({ metadata }) => [{ metaData: { ...metadata!, name: 'orders' } }])
    await shop.order(3, 'bob', 5, '2024-06-01')
    expect((await shop.build()).touched).toBeNull()
  })

  it('builds everything where it is told to', async () => {
    const shop = await goldShop(files, { incremental: false })
    await shop.order(1, 'ann', 1, '2024-06-01')
    await shop.build()
    await shop.order(2, 'ann', 1, '2024-06-01')
    expect((await shop.build()).touched).toBeNull()
  })
})
