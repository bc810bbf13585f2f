import {
  defineSuite,
  expectColumnDistinctValuesToEqualSet,
  expectColumnPairValuesAToBeGreaterThanB,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeUnique,
  expectColumnValuesToMatchRegex,
  expectColumnValuesToNotBeNull,
  expectForeignKeysInColumnAToExistInColumnB,
  expectQueryToReturnNoRows,
  expectTableRowCountChangeToBeBetween,
} from '../../src/quality.ts'

const key = (column: string) => [
  expectColumnValuesToNotBeNull({ column }),
  expectColumnValuesToBeUnique({ column }),
  expectColumnValuesToMatchRegex({ column, regex: '^[0-9a-f]{32}$' }),
]
const noHalving = () => expectTableRowCountChangeToBeBetween({ minRatio: 0.8 })

/** The dimensions of Gold: keys are keys, days have no gaps, nothing points nowhere. */
export const goldDimensions = defineSuite('gold_dimensions', [
  {
    table: 'dim_date',
    key: ['date_key'],
    expectations: [
      expectColumnValuesToNotBeNull({ column: 'date_key' }),
      expectColumnValuesToBeUnique({ column: 'date_key' }),
      expectColumnValuesToBeBetween({ column: 'iso_weekday', minValue: 1, maxValue: 7 }),
      noHalving(),
      expectQueryToReturnNoRows({
        description: 'no day is missing between the first and the last',
        unexpectedRowsQuery:
          'select date + 1 as missing_day from {batch} where date < (select max(date) from {batch}) and date + 1 not in (select date from {batch})',
      }),
    ],
  },
  {
    table: 'dim_platforms',
    key: ['platform'],
    expectations: [
      ...key('platform_key'),
      expectColumnDistinctValuesToEqualSet({
        column: 'platform',
        valueSet: ['twitter', 'youtube', 'reddit'],
      }),
    ],
  },
  {
    table: 'dim_users',
    key: ['user_key'],
    expectations: [
      ...key('user_key'),
      noHalving(),
      expectColumnValuesToNotBeNull({ column: 'user_id' }),
      expectColumnValuesToBeBetween({ column: 'post_count', minValue: 1 }),
      expectColumnPairValuesAToBeGreaterThanB({
        columnA: 'last_seen_at',
        columnB: 'first_seen_at',
        orEqual: true,
      }),
      expectForeignKeysInColumnAToExistInColumnB({
        columnA: 'platform',
        otherTable: 'dim_platforms',
        columnB: 'platform',
      }),
    ],
  },
  {
    table: 'dim_posts',
    key: ['post_key'],
    expectations: [
      ...key('post_key'),
      noHalving(),
      expectColumnValuesToBeBetween({ column: 'hashtag_count', minValue: 0 }),
      expectForeignKeysInColumnAToExistInColumnB({
        columnA: 'date_key',
        otherTable: 'dim_date',
        columnB: 'date_key',
      }),
      expectForeignKeysInColumnAToExistInColumnB({
        columnA: 'user_key',
        otherTable: 'dim_users',
        columnB: 'user_key',
      }),
    ],
  },
  {
    table: 'dim_hashtags',
    key: ['hashtag'],
    expectations: [
      ...key('hashtag_key'),
      noHalving(),
      expectColumnValuesToBeBetween({ column: 'post_count', minValue: 1 }),
      expectColumnPairValuesAToBeGreaterThanB({
        columnA: 'last_seen',
        columnB: 'first_seen',
        orEqual: true,
      }),
    ],
  },
])
