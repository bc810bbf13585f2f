import {
  defineSuite,
  expectColumnPairValuesAToBeGreaterThanB,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeInSet,
  expectColumnValuesToNotBeNull,
  expectCompoundColumnsToBeUnique,
  expectForeignKeysInColumnAToExistInColumnB,
  expectQueryToReturnNoRows,
  expectTableRowCountChangeToBeBetween,
} from '../../src/quality.ts'

/** A sum of shares may miss a whole by what doubles lose. */
const WHOLE = 100 + 1e-6
const isDay = (columnA: string) =>
  expectForeignKeysInColumnAToExistInColumnB({ columnA, otherTable: 'dim_date', columnB: 'date' })

/** What is read of Gold most: no day and no row twice, none missing, shares that are shares. */
export const goldMarts = defineSuite('gold_marts', [
  {
    table: 'mart_daily_active_users',
    key: ['post_date', 'platform'],
    expectations: [
      expectCompoundColumnsToBeUnique({ columnList: ['post_date', 'platform'] }),
      isDay('post_date'),
      expectColumnValuesToBeInSet({
        column: 'platform',
        valueSet: ['twitter', 'reddit', 'youtube', 'all'],
      }),
      expectColumnValuesToBeBetween({ column: 'active_users', minValue: 0 }),
      expectTableRowCountChangeToBeBetween({ minRatio: 0.8 }),
      expectQueryToReturnNoRows({
        description: 'every day with posts is there for all platforms together',
        unexpectedRowsQuery:
          "select distinct date as missing_day from fact_post_metrics join dim_date using (date_key) where date not in (select post_date from {batch} where platform = 'all')",
      }),
    ],
  },
  {
    table: 'mart_trending_hashtags',
    key: ['as_of_date', 'hashtag'],
    expectations: [
      expectCompoundColumnsToBeUnique({ columnList: ['as_of_date', 'hashtag'] }),
      expectCompoundColumnsToBeUnique({ columnList: ['as_of_date', 'rank'] }),
      isDay('as_of_date'),
      expectColumnValuesToBeBetween({ column: 'rank', minValue: 1, maxValue: 50 }),
      expectColumnValuesToBeBetween({ column: 'posts_7d', minValue: 1 }),
      expectColumnValuesToBeBetween({ column: 'engagement_7d', minValue: 0 }),
    ],
  },
  {
    table: 'mart_share_of_voice',
    key: ['post_date', 'platform', 'brand'],
    expectations: [
      expectCompoundColumnsToBeUnique({ columnList: ['post_date', 'platform', 'brand'] }),
      isDay('post_date'),
      expectColumnValuesToNotBeNull({ column: 'brand' }),
      expectColumnValuesToBeBetween({ column: 'brand_mentions', minValue: 1 }),
      expectColumnPairValuesAToBeGreaterThanB({
        columnA: 'platform_mentions',
        columnB: 'brand_mentions',
        orEqual: true,
      }),
      expectColumnValuesToBeBetween({
        column: 'share_of_voice_pct',
        minValue: 0,
        maxValue: WHOLE,
      }),
      expectColumnValuesToBeBetween({
        column: 'share_among_brands_pct',
        minValue: 0,
        maxValue: WHOLE,
      }),
    ],
  },
])
