import { describe, expect, it } from 'vitest'
import { dbtSuite, greatExpectationsSuite } from '../../../src/quality.ts'

describe('greatExpectationsSuite', () => {
  const GX0 = {
    expectation_suite_name: 'taxi',
    ge_cloud_id: null,
    expectations: [
      {
        expectation_type: 'expect_column_values_to_be_between',
        kwargs: { column: 'fare', min_value: 0, max_value: null, mostly: 0.9, strict_min: true },
        meta: {},
      },
      {
        expectation_type: 'expect_column_quantile_values_to_be_between',
        kwargs: {
          column: 'fare',
          quantile_ranges: { quantiles: [0.5], value_ranges: [[1, null]] },
          allow_relative_error: false,
        },
      },
      {
        expectation_type: 'expect_column_values_to_be_of_type',
        kwargs: { column: 'fare', type_: 'DOUBLE', result_format: 'SUMMARY' },
      },
      {
        expectation_type: 'expect_compound_columns_to_be_unique',
        kwargs: { column_list: ['a', 'b'], ignore_row_if: 'all_values_are_missing' },
      },
      {
        expectation_type: 'expect_column_pair_values_a_to_be_greater_than_b',
        kwargs: { column_A: 'end', column_B: 'start', or_equal: true },
      },
    ],
  }

  it('reads what version 0.x keeps', () => {
    const suite = greatExpectationsSuite(GX0, { table: 'trips', key: ['id'] })
    expect(suite).toMatchObject({ name: 'taxi', tables: [{ table: 'trips', key: ['id'] }] })
    expect(suite.tables[0]?.expectations.map(({ type, kwargs }) => [type, kwargs])).toEqual([
      [
        'expectColumnValuesToBeBetween',
        { column: 'fare', minValue: 0, mostly: 0.9, strictMin: true },
      ],
      [
        'expectColumnQuantileValuesToBeBetween',
        { column: 'fare', quantileRanges: { quantiles: [0.5], valueRanges: [[1, null]] } },
      ],
      ['expectColumnValuesToBeOfType', { column: 'fare', type: 'DOUBLE' }],
      ['expectCompoundColumnsToBeUnique', { columnList: ['a', 'b'] }],
      [
        'expectColumnPairValuesAToBeGreaterThanB',
        { columnA: 'end', columnB: 'start', orEqual: true },
      ],
    ])
  })

  it('reads what version 1.x keeps', () => {
    const json = {
      name: 'orders',
      id: 'x',
      expectations: [
        {
          type: 'expect_column_values_to_not_be_null',
          kwargs: { column: 'id' },
          severity: 'warning',
          description: 'every order has an id',
        },
        {
          type: 'unexpected_rows_expectation',
          kwargs: { unexpected_rows_query: 'select * from {batch} where x' },
          severity: 'critical',
        },
      ],
      meta: { great_expectations_version: '1.3.0' },
    }
    const { tables } = greatExpectationsSuite(json, { table: 'orders' })
    expect(tables[0]?.expectations).toMatchObject([
      { severity: 'warn', description: 'every order has an id' },
      { type: 'expectQueryToReturnNoRows', severity: 'block' },
    ])
  })

  it.each([
    ['DOUBLE', ['DOUBLE']],
    ['int64', ['BIGINT']],
    ['IntegerType', ['INTEGER']],
    ['float', ['FLOAT', 'DOUBLE']],
    ['object', ['VARCHAR']],
    ['datetime64[ns]', ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_NS']],
    ['varchar[]', ['varchar[]']],
    ['VARCHAR(50)', ['VARCHAR']],
    ['DECIMAL(18,2)', ['DECIMAL(18,2)']],
  ])('takes the type %s for %j', (type_, types) => {
    const of = (type: string, kwargs: object) =>
      greatExpectationsSuite({ name: 's', expectations: [{ type, kwargs }] }, { table: 't' })
        .tables[0]!.expectations[0]!.kwargs
    const one = of('expect_column_values_to_be_of_type', { column: 'a', type_ })
    expect(one['typeList'] ?? [one['type']]).toEqual(types)
    const list = of('expect_column_values_to_be_in_type_list', { column: 'a', type_list: [type_] })
    expect(list).toEqual({ column: 'a', typeList: types })
  })

  it.each([
    [
      {
        name: 's',
        expectations: [
          { type: 'expect_column_values_to_be_of_type', kwargs: { column: 'a', type_: 'NUMBER' } },
        ],
      },
      /expectations\[0\]: 'NUMBER' is no type of DuckDB/,
    ],
    [
      {
        name: 's',
        expectations: [
          { type: 'expect_column_to_exist', kwargs: { column: 'a' }, severity: 'criticl' },
        ],
      },
      /expectations\[0\]: the severity 'criticl' is none of/,
    ],
    [{}, /expectations/],
    [{ expectations: [] }, /name/],
    [{ name: 's', expectations: [{ kwargs: {} }] }, /expectations\[0\] has no type/],
    [
      { name: 's', expectations: [{ type: 'expect_column_kl_divergence_to_be_less_than' }] },
      /expect_column_kl_divergence_to_be_less_than is not supported/,
    ],
    [
      {
        name: 's',
        expectations: [
          { type: 'expect_column_to_exist', kwargs: { column: 'a', row_condition: 'x==1' } },
        ],
      },
      /row_condition/,
    ],
  ])('refuses %j', (json, text) => {
    expect(() => greatExpectationsSuite(json, { table: 't' })).toThrow(text)
  })
})

describe('dbtSuite', () => {
  it('reads the tests of models and seeds', () => {
    const suite = dbtSuite(
      `
version: 2
models:
  - name: orders
    tests:
      - dbt_expectations.expect_table_row_count_to_be_between: { min_value: 1 }
    columns:
      - name: id
        data_tests: [unique, not_null]
      - name: status
        data_tests:
          - accepted_values:
              arguments: { values: [open, done] }
              config: { severity: warn, where: "id > 5" }
      - name: customer
        tests:
          - relationships: { to: ref('customers'), field: id }
          - dbt_expectations.expect_column_values_to_match_regex: { regex: '^c', severity: WARN }
  - name: untested
seeds:
  - name: countries
    columns: [{ name: code, tests: [not_null] }]
`,
      'shop',
    )
    expect(suite.tables.map(({ table, key }) => [table, key])).toEqual([
      ['orders', ['id']],
      ['countries', []],
    ])
    expect(
      suite.tables[0]?.expectations.map(({ type, kwargs, severity, where }) => [
        type,
        kwargs,
        severity,
        where,
      ]),
    ).toEqual([
      ['expectTableRowCountToBeBetween', { minValue: 1 }, undefined, undefined],
      ['expectColumnValuesToBeUnique', { column: 'id' }, undefined, undefined],
      ['expectColumnValuesToNotBeNull', { column: 'id' }, undefined, undefined],
      [
        'expectColumnValuesToBeInSet',
        { column: 'status', valueSet: ['open', 'done'] },
        'warn',
        'id > 5',
      ],
      [
        'expectForeignKeysInColumnAToExistInColumnB',
        { columnA: 'customer', otherTable: 'customers', columnB: 'id' },
        undefined,
        undefined,
      ],
      ['expectColumnValuesToMatchRegex', { column: 'customer', regex: '^c' }, 'warn', undefined],
    ])
  })

  it('reads the tests of sources, and leaves out what is not enabled', () => {
    const text = `
sources:
  - name: lake
    tables:
      - name: posts
        columns: [{ name: id, tests: [unique, { not_null: { config: { enabled: false } } }] }]
      - name: untested
models:
  - { name: gone, config: { enabled: false }, columns: [{ name: id, tests: [unique] }] }
`
    const { tables } = dbtSuite(text, 's', { sources: { posts: 'silver/posts' } })
    expect(tables).toMatchObject([{ table: 'posts', delta: 'silver/posts', key: ['id'] }])
    expect(tables[0]!.expectations.map(({ type }) => type)).toEqual([
      'expectColumnValuesToBeUnique',
    ])
  })

  it.each([
    ['models: [{ name: a, columns: [{ name: b, tests: [odd] }] }]', /odd of a\.b/],
    [
      '\nmodels:\n  - name: a\n    columns:\n      - name: b\n        tests:\n          - not_null: { wher: x }',
      /line 7: not_null of a\.b: it takes no 'wher', but config/,
    ],
    [
      'models: [{ name: a, columns: [{ name: b, tests: [{ unique: { config: { error_if: ">5" } } }] }] }]',
      /error_if is not supported; give the expectation a share/,
    ],
    [
      "models: [{ name: a, columns: [{ name: b, tests: [{ unique: { where: \"d > '{{ var('d') }}'\" } }] }] }]",
      /a template in `where`/,
    ],
    [
      'sources: [{ name: s, tables: [{ name: t, columns: [{ name: b, tests: [unique] }] }] }]',
      /line 1: 't' is a table of a source: say where it is/,
    ],
    ['models: [{ name: a, columns: [{ name: b, tests: [{ relationships: { to: c } }] }] }]', /ref/],
    ['models: [', /dbt/],
  ])('refuses %j', (text, message) => {
    expect(() => dbtSuite(text, 's')).toThrow(message)
  })
})
