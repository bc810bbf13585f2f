import {
  defineSuite,
  expectColumnValueLengthsToBeBetween,
  expectColumnValuesToMatchRegex,
  expectColumnValuesToNotBeNull,
} from '../../src/quality.ts'

const mostly = 0.9

/** What YouTube videos look like as they come; never blocks. */
export const bronzeYoutube = defineSuite(
  'bronze_youtube',
  [
    {
      table: 'videos',
      raw: {
        path: 'bronze/youtube',
        format: 'csv',
        fields: ['video_id', 'channel_id', 'title', 'published_at', 'view_count', 'like_count'],
      },
      key: ['video_id'],
      expectations: [
        expectColumnValuesToNotBeNull({ column: 'video_id', mostly }),
        expectColumnValueLengthsToBeBetween({ column: 'video_id', minValue: 1, mostly }),
        expectColumnValuesToNotBeNull({ column: 'channel_id', mostly }),
        expectColumnValuesToNotBeNull({ column: 'title', mostly }),
        expectColumnValuesToMatchRegex({ column: 'view_count', regex: '^\\d+$', mostly }),
        expectColumnValuesToMatchRegex({ column: 'like_count', regex: '^\\d+$', mostly }),
        expectColumnValuesToMatchRegex({ column: 'published_at', regex: '^\\d{4}-\\d\\d', mostly }),
      ],
    },
  ],
  { severity: 'warn' },
)
