import {
  defineSuite,
  expectColumnValuesToMatchRegex,
  expectColumnValuesToNotBeNull,
} from '../../src/quality.ts'

const mostly = 0.9

/**
 * What tweets look like as they come. Bad records are the stream's business, which puts them into the
 * quarantine; this says when a whole delivery looks odd, and never blocks.
 */
export const bronzeTwitter = defineSuite(
  'bronze_twitter',
  [
    {
      table: 'tweets',
      raw: {
        path: 'bronze/twitter',
        format: 'ndjson',
        fields: ['id', 'user', 'text', 'created_at', 'lang', 'public_metrics', 'entities'],
      },
      key: ['id'],
      expectations: [
        expectColumnValuesToNotBeNull({ column: 'id', mostly }),
        expectColumnValuesToMatchRegex({ column: 'id', regex: '^[0-9]+$', mostly }),
        expectColumnValuesToNotBeNull({ column: 'user', mostly }),
        expectColumnValuesToNotBeNull({ column: 'text', mostly }),
        expectColumnValuesToNotBeNull({ column: 'public_metrics', mostly }),
        expectColumnValuesToMatchRegex({
          column: 'created_at',
          regex: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$',
          mostly,
        }),
      ],
    },
  ],
  { severity: 'warn' },
)
