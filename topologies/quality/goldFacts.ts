import {
  defineSuite,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeInSet,
  expectColumnValuesToBeUnique,
  expectColumnValuesToNotBeNull,
  expectForeignKeysInColumnAToExistInColumnB,
  expectQueryToReturnNoRows,
  expectTableRowCountChangeToBeBetween,
  expectTableRowCountToEqualOtherTable,
} from '../../src/quality.ts'

const refersTo = (otherTable: string, column: string) =>
  expectForeignKeysInColumnAToExistInColumnB({ columnA: column, otherTable, columnB: column })

/** The facts of Gold: each once, of a post that exists, with figures that can be. */
export const goldFacts = defineSuite('gold_facts', [
  {
    table: 'fact_engagements',
    key: ['engagement_key', 'post_key'],
    expectations: [
      expectColumnValuesToNotBeNull({ column: 'engagement_key' }),
      expectColumnValuesToBeUnique({ column: 'engagement_key' }),
      refersTo('dim_posts', 'post_key'),
      refersTo('dim_date', 'date_key'),
      expectColumnValuesToBeInSet({
        column: 'engagement_type',
        valueSet: ['like', 'share', 'comment'],
      }),
      expectColumnValuesToBeBetween({ column: 'engagement_count', minValue: 1 }),
      expectTableRowCountChangeToBeBetween({ minRatio: 0.8 }),
    ],
  },
  {
    table: 'fact_post_metrics',
    key: ['post_key'],
    expectations: [
      expectColumnValuesToNotBeNull({ column: 'post_key' }),
      expectColumnValuesToBeUnique({ column: 'post_key' }),
      refersTo('dim_posts', 'post_key'),
      refersTo('dim_date', 'date_key'),
      expectTableRowCountToEqualOtherTable({ otherTableName: 'dim_posts' }),
      expectTableRowCountChangeToBeBetween({ minRatio: 0.8 }),
      ...['likes', 'shares', 'comments', 'impressions', 'engagement_total', 'engagement_rate'].map(
        (column) => expectColumnValuesToBeBetween({ column, minValue: 0 }),
      ),
      expectQueryToReturnNoRows({
        description: 'engagement_total is likes, shares and comments',
        isPerRow: true,
        unexpectedRowsQuery:
          'select post_key, likes, shares, comments, engagement_total from {batch} where engagement_total <> coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0)',
      }),
    ],
  },
])
