import {
  defineSuite,
  expectColumnValuesToMatchRegex,
  expectColumnValuesToNotBeNull,
} from '../../src/quality.ts'

const mostly = 0.9

/** What Reddit submissions look like as they come; never blocks. */
export const bronzeReddit = defineSuite(
  'bronze_reddit',
  [
    {
      table: 'submissions',
      raw: {
        path: 'bronze/reddit',
        format: 'ndjson',
        fields: ['id', 'author', 'subreddit', 'title', 'selftext', 'created_utc', 'ups'],
      },
      key: ['id'],
      expectations: [
        expectColumnValuesToNotBeNull({ column: 'id', mostly }),
        expectColumnValuesToNotBeNull({ column: 'author', mostly }),
        expectColumnValuesToNotBeNull({ column: 'subreddit', mostly }),
        expectColumnValuesToNotBeNull({ column: 'title', mostly }),
        expectColumnValuesToMatchRegex({ column: 'created_utc', regex: '^[1-9]\\d*$', mostly }),
        expectColumnValuesToMatchRegex({ column: 'ups', regex: '^\\d+$', mostly }),
      ],
    },
  ],
  { severity: 'warn' },
)
