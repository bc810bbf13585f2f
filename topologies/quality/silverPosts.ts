import { columnsOf, days } from '../../src/index.ts'
import {
  defineSuite,
  expectColumnMaxToBeRecent,
  expectColumnValueLengthsToBeBetween,
  expectColumnValuesToBeBetween,
  expectColumnValuesToBeInSet,
  expectColumnValuesToNotBeNull,
  expectCompoundColumnsToBeUnique,
  expectQueryToReturnNoRows,
  expectTableColumnsToMatchOrderedList,
  expectTableRowCountChangeToBeBetween,
} from '../../src/quality.ts'
import { Post } from '../post.ts'

const platforms = ['twitter', 'reddit', 'youtube']
const counts = ['likes', 'shares', 'comments', 'impressions', 'author_followers']

/** What must hold of every post before Gold is built on it. */
export const silverPosts = defineSuite('silver_posts', [
  {
    table: 'posts',
    delta: 'silver/posts',
    // Before the first post that is valid.
    mayBeAbsent: true,
    key: ['platform', 'post_id'],
    expectations: [
      expectTableColumnsToMatchOrderedList({
        columnList: columnsOf(Post).map(({ name }) => name),
      }),
      expectTableRowCountChangeToBeBetween({ minRatio: 0.8 }),
      // One that has never delivered is not missed.
      ...platforms.map((platform) =>
        expectColumnMaxToBeRecent({
          description: `${platform} has delivered in the last 7 days`,
          column: 'ingested_at',
          withinMs: days(7),
          where: `platform = '${platform}'`,
        }),
      ),
      expectColumnValuesToBeInSet({ column: 'platform', valueSet: platforms }),
      expectCompoundColumnsToBeUnique({ columnList: ['platform', 'post_id'] }),
      expectColumnValueLengthsToBeBetween({ column: 'post_id', minValue: 1 }),
      ...['platform', 'date', 'post_id', 'created_at', 'text', 'ingested_at'].map((column) =>
        expectColumnValuesToNotBeNull({ column }),
      ),
      ...counts.map((column) => expectColumnValuesToBeBetween({ column, minValue: 0 })),
      expectColumnValuesToBeBetween({
        column: 'created_at',
        minValue: '2004-01-01',
        severity: 'warn',
      }),
      expectColumnValueLengthsToBeBetween({
        column: 'lang',
        minValue: 2,
        maxValue: 12,
        mostly: 0.99,
        severity: 'warn',
      }),
      expectQueryToReturnNoRows({
        description: 'date is the UTC day of created_at',
        isPerRow: true,
        // Days are counted: a cast asks the calendar of a time zone about each row.
        unexpectedRowsQuery:
          "select platform, post_id, date, created_at from {batch} as posts where epoch_us(created_at) - (date - date '1970-01-01') * 86400000000 not between 0 and 86399999999",
      }),
    ],
  },
])
