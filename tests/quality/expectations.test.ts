import { expect, it } from 'vitest'
import { ConfigError } from '../../src/core/errors.ts'
import type { Expectation } from '../../src/quality/expectation.ts'
import { EXPECTATIONS } from '../../src/quality/registry.ts'
import { runSuite } from '../../src/quality/runSuite.ts'
import { defineSuite } from '../../src/quality/suite.ts'
import * as quality from '../../src/quality.ts'
import { database } from './database.ts'

const NOW = Date.UTC(2024, 5, 2)
// a: 1 2 2 4 null · b: 1 1 3 5 9 · word: Ann Bob Bob Eve null · day, seen
const T = `create table t as from (values
  (1, 1, 'Ann', date '2024-06-01', timestamptz '2024-06-01 10:00:00Z', '{"x":1}', '2024-06-01'),
  (2, 1, 'Bob', date '2024-06-01', timestamptz '2024-06-01 11:00:00Z', '[]', '2024-06-02'),
  (2, 3, 'Bob', date '2024-06-02', timestamptz '2024-06-01 12:00:00Z', 'no', 'June'),
  (4, 5, 'Eve', date '2024-06-03', timestamptz '2024-06-01 13:00:00Z', null, null),
  (null, 9, null, date '2024-06-04', null, null, null)
) as t(a, b, word, day, seen, doc, text)`
const OTHER = 'create table other as from (values (1), (2)) as other(id)'

async function verdict(expectation: Expectation, before: Record<string, number> = {}) {
  const { query } = await database(T, OTHER)
  const suite = defineSuite('s', [{ table: 't', key: ['b'], expectations: [expectation] }])
  const bind = async () => ({ id: 't', relation: '"t"' })
  const result = await runSuite(suite, { query, bind, before, nowMs: () => NOW, keepRows: 10 })
  return result.expectations[0]!
}

type Case = readonly [name: string, passes: object, fails: object, unexpected?: number]
const CASES: readonly Case[] = [
  ['expectColumnValuesToNotBeNull', { column: 'b' }, { column: 'a' }, 1],
  ['expectColumnValuesToNotBeNull', { column: 'a', mostly: 0.8 }, { column: 'a', mostly: 0.81 }, 1],
  ['expectColumnValuesToBeNull', { column: 'a', where: 'b = 9' }, { column: 'a' }, 4],
  ['expectColumnValuesToBeUnique', { column: 'day', where: 'b > 1' }, { column: 'a' }, 2],
  ['expectColumnValuesToBeUnique', { column: 'a', mostly: 0.5 }, { column: 'a', mostly: 0.51 }, 2],
  [
    'expectColumnValuesToBeInSet',
    { column: 'word', valueSet: ['Ann', 'Bob', 'Eve'] },
    { column: 'word', valueSet: ['Ann'] },
    3,
  ],
  [
    'expectColumnValuesToNotBeInSet',
    { column: 'a', valueSet: [3, 5] },
    { column: 'a', valueSet: [1, 2] },
    3,
  ],
  [
    'expectColumnValuesToBeBetween',
    { column: 'a', minValue: 1, maxValue: 4 },
    { column: 'a', minValue: 1, strictMin: true },
    1,
  ],
  [
    'expectColumnValuesToBeBetween',
    { column: 'day', minValue: '2024-06-01', maxValue: '2024-06-04' },
    { column: 'day', maxValue: '2024-06-04', strictMax: true },
    1,
  ],
  [
    'expectColumnValueLengthsToBeBetween',
    { column: 'word', minValue: 3, maxValue: 3 },
    { column: 'word', minValue: 4 },
    4,
  ],
  ['expectColumnValueLengthsToEqual', { column: 'word', value: 3 }, { column: 'a', value: 2 }, 4],
  [
    'expectColumnValuesToMatchRegex',
    { column: 'word', regex: '^[A-Z][a-z]+$' },
    { column: 'word', regex: 'b$' },
    2,
  ],
  [
    'expectColumnValuesToNotMatchRegex',
    { column: 'word', regex: '\\d' },
    { column: 'word', regex: 'o' },
    2,
  ],
  [
    'expectColumnValuesToMatchRegexList',
    { column: 'word', regexList: ['^A', '^B', '^E'] },
    { column: 'word', regexList: ['^B', 'b$', '^E'], matchOn: 'all' },
    4,
  ],
  [
    'expectColumnValuesToNotMatchRegexList',
    { column: 'word', regexList: ['x', 'y'] },
    { column: 'word', regexList: ['x', '^E'] },
    1,
  ],
  [
    'expectColumnValuesToMatchLikePattern',
    { column: 'word', likePattern: '___' },
    { column: 'word', likePattern: 'B%' },
    2,
  ],
  [
    'expectColumnValuesToNotMatchLikePattern',
    { column: 'word', likePattern: 'X%' },
    { column: 'word', likePattern: 'B%' },
    2,
  ],
  ['expectColumnValuesToBeJsonParseable', { column: 'a' }, { column: 'doc' }, 1],
  [
    'expectColumnValuesToMatchStrftimeFormat',
    { column: 'day', strftimeFormat: '%Y-%m-%d' },
    { column: 'text', strftimeFormat: '%Y-%m-%d' },
    1,
  ],
  [
    'expectColumnMinToBeBetween',
    { column: 'a', minValue: 1, maxValue: 1 },
    { column: 'a', minValue: 2 },
  ],
  [
    'expectColumnMaxToBeBetween',
    { column: 'day', minValue: '2024-06-04' },
    { column: 'day', maxValue: '2024-06-03' },
  ],
  [
    'expectColumnMeanToBeBetween',
    { column: 'a', minValue: 2.25, maxValue: 2.25 },
    { column: 'a', maxValue: 2.25, strictMax: true },
  ],
  [
    'expectColumnMedianToBeBetween',
    { column: 'b', minValue: 3, maxValue: 3 },
    { column: 'b', minValue: 4 },
  ],
  [
    'expectColumnStdevToBeBetween',
    { column: 'a', minValue: 1.25, maxValue: 1.26 },
    { column: 'a', maxValue: 1 },
  ],
  [
    'expectColumnSumToBeBetween',
    { column: 'b', minValue: 19, maxValue: 19 },
    { column: 'b', minValue: 20 },
  ],
  [
    'expectColumnUniqueValueCountToBeBetween',
    { column: 'a', minValue: 3, maxValue: 3 },
    { column: 'a', minValue: 4 },
  ],
  [
    'expectColumnProportionOfUniqueValuesToBeBetween',
    { column: 'a', minValue: 0.75, maxValue: 0.75 },
    { column: 'a', minValue: 0.8 },
  ],
  [
    'expectColumnProportionOfNonNullValuesToBeBetween',
    { column: 'a', minValue: 0.8, maxValue: 0.8 },
    { column: 'a', minValue: 0.9 },
  ],
  [
    'expectColumnQuantileValuesToBeBetween',
    {
      column: 'b',
      quantileRanges: {
        quantiles: [0, 0.5, 1],
        valueRanges: [
          [1, 1],
          [3, 3],
          [9, null],
        ],
      },
    },
    {
      column: 'b',
      quantileRanges: {
        quantiles: [0.5, 1],
        valueRanges: [
          [3, 3],
          [null, 8],
        ],
      },
    },
  ],
  [
    'expectColumnMostCommonValueToBeInSet',
    { column: 'word', valueSet: ['Bob'] },
    { column: 'word', valueSet: ['Ann', 'Eve'] },
  ],
  [
    'expectColumnDistinctValuesToBeInSet',
    { column: 'a', valueSet: [1, 2, 3, 4] },
    { column: 'a', valueSet: [1, 2] },
  ],
  [
    'expectColumnDistinctValuesToContainSet',
    { column: 'a', valueSet: [1, 2] },
    { column: 'a', valueSet: [1, 3] },
  ],
  [
    'expectColumnDistinctValuesToEqualSet',
    { column: 'a', valueSet: [4, 2, 1] },
    { column: 'a', valueSet: [1, 2, 3, 4] },
  ],
  [
    'expectColumnPairValuesToBeEqual',
    { columnA: 'a', columnB: 'a' },
    { columnA: 'a', columnB: 'b' },
    4,
  ],
  [
    'expectColumnPairValuesAToBeGreaterThanB',
    { columnA: 'b', columnB: 'a', where: 'b > 1' },
    { columnA: 'b', columnB: 'a', orEqual: true },
    1,
  ],
  [
    'expectColumnPairValuesToBeInSet',
    {
      columnA: 'a',
      columnB: 'b',
      valuePairsSet: [
        [1, 1],
        [2, 1],
        [2, 3],
        [4, 5],
      ],
    },
    { columnA: 'a', columnB: 'b', valuePairsSet: [[1, 1]] },
    3,
  ],
  ['expectCompoundColumnsToBeUnique', { columnList: ['a', 'b'] }, { columnList: ['a', 'word'] }, 2],
  [
    'expectSelectColumnValuesToBeUniqueWithinRecord',
    { columnList: ['a', 'b'], where: 'b > 1' },
    { columnList: ['a', 'b'] },
    1,
  ],
  [
    'expectMulticolumnSumToEqual',
    { columnList: ['a', 'b'], sumTotal: 2, where: 'a = b' },
    { columnList: ['a', 'b'], sumTotal: 2 },
    3,
  ],
  [
    'expectForeignKeysInColumnAToExistInColumnB',
    { columnA: 'a', otherTable: 'other', columnB: 'id', where: 'a < 4' },
    { columnA: 'a', otherTable: 'other', columnB: 'id' },
    1,
  ],
  ['expectTableRowCountToBeBetween', { minValue: 5, maxValue: 5 }, { minValue: 6 }],
  ['expectTableRowCountToEqual', { value: 5 }, { value: 4 }],
  [
    'expectTableRowCountToEqualOtherTable',
    { otherTableName: 'other', where: 'b = 1' },
    { otherTableName: 'other' },
  ],
  [
    'expectColumnMaxToBeRecent',
    { column: 'seen', withinMs: 11 * 3_600_000 },
    { column: 'seen', withinMs: 11 * 3_600_000 - 1 },
  ],
  [
    'expectQueryToReturnNoRows',
    { unexpectedRowsQuery: 'select a from {batch} where a > 4' },
    { unexpectedRowsQuery: 'select a from {batch} where a > 1 -- some' },
    3,
  ],
  ['expectColumnToExist', { column: 'a', columnIndex: 0 }, { column: 'a', columnIndex: 1 }],
  ['expectTableColumnCountToBeBetween', { minValue: 7, maxValue: 7 }, { maxValue: 6 }],
  ['expectTableColumnCountToEqual', { value: 7 }, { value: 6 }],
  [
    'expectTableColumnsToMatchSet',
    { columnSet: ['b', 'a'], exactMatch: false },
    { columnSet: ['a', 'b'] },
  ],
  [
    'expectTableColumnsToMatchOrderedList',
    { columnList: ['a', 'b', 'word', 'day', 'seen', 'doc', 'text'] },
    { columnList: ['b', 'a', 'word', 'day', 'seen', 'doc', 'text'] },
  ],
  [
    'expectColumnValuesToBeOfType',
    { column: 'word', type: 'varchar' },
    { column: 'a', type: 'BIGINT' },
  ],
  [
    'expectColumnValuesToBeInTypeList',
    { column: 'a', typeList: ['BIGINT', 'INTEGER'] },
    { column: 'word', typeList: ['BIGINT'] },
  ],
]

for (const [name, passes, fails, unexpected] of CASES) {
  it(`${name} holds for ${JSON.stringify(passes)}, not for ${JSON.stringify(fails)}`, async () => {
    const factory = EXPECTATIONS.get(name)!
    const good = await verdict(factory({ ...passes }))
    expect(good).toMatchObject({ success: true, error: null })
    const bad = await verdict(factory({ ...fails }))
    expect(bad).toMatchObject({ success: false, error: null, type: name })
    if (unexpected === undefined) return
    expect(bad.unexpected).toBe(unexpected)
    expect(bad.rows).toHaveLength(unexpected)
  })
}

it('compares rows with those of the last run that passed', async () => {
  const halved = quality.expectTableRowCountChangeToBeBetween({ minRatio: 0.8, maxRatio: 2 })
  expect(await verdict(halved)).toMatchObject({ success: true })
  expect(await verdict(halved, { t: 6 })).toMatchObject({ success: true })
  expect(await verdict(halved, { t: 10 })).toMatchObject({
    success: false,
    observed: { ratio: 0.5 },
  })
  expect(await verdict(halved, { t: 2 })).toMatchObject({ success: false })
})

it('has every exported expectation among the cases', () => {
  const exported = Object.keys(quality).filter((name) => name.startsWith('expect'))
  expect(exported.length).toBeGreaterThanOrEqual(50)
  const tested = new Set(CASES.map(([name]) => name))
  expect(exported.filter((name) => !tested.has(name))).toEqual([
    'expectTableRowCountChangeToBeBetween',
  ])
  expect(exported.filter((name) => !EXPECTATIONS.has(name))).toEqual([])
})

it('finds nothing wrong with a table without rows', async () => {
  const { query } = await database(`${T} where false`, OTHER)
  const exempt = /Count|Columns|Type|Exist|ContainSet|EqualSet/
  const expectations = CASES.filter(([name]) => !exempt.test(name)).map(([name, , fails]) =>
    EXPECTATIONS.get(name)!({ ...fails }),
  )
  const suite = defineSuite('s', [{ table: 't', expectations }])
  const options = {
    query,
    bind: async () => ({ id: 't', relation: '"t"' }),
    before: {},
    nowMs: () => NOW,
    keepRows: 10,
  }
  const result = await runSuite(suite, options)
  expect(result.expectations.filter(({ success }) => !success)).toEqual([])
})

it('takes names and values for what they are, whatever is in them', async () => {
  const { query } = await database(
    `create table "t""; drop" as select 'it''s; drop table x; --' as "a"" b", 1 as n`,
  )
  const column = 'a" b'
  const text = "it's; drop table x; --"
  const suite = defineSuite('s', [
    {
      table: 't"; drop',
      key: ['n'],
      expectations: [
        quality.expectColumnValuesToBeInSet({ column, valueSet: [text] }),
        quality.expectColumnValuesToNotBeInSet({ column, valueSet: [text] }),
        quality.expectColumnValuesToMatchRegex({ column, regex: "it's" }),
        quality.expectColumnMaxToBeBetween({ column, minValue: text, maxValue: text }),
        quality.expectForeignKeysInColumnAToExistInColumnB({
          columnA: column,
          otherTable: 't"; drop',
          columnB: column,
        }),
      ],
    },
  ])
  const bind = async () => ({ id: 't', relation: '"t""; drop"' })
  const result = await runSuite(suite, { query, bind, before: {}, nowMs: () => 0, keepRows: 5 })
  expect(result.expectations.map(({ success }) => success)).toEqual([true, false, true, true, true])
  expect(result.expectations[1]?.rows).toEqual([{ n: 1, [column]: text }])
})

it.each([
  [() => quality.expectColumnValuesToBeInSet({ column: 'a', valueSet: [] }), /valueSet/],
  [() => quality.expectColumnValuesToNotBeNull({ column: '' }), /column/],
  [() => quality.expectColumnValuesToNotBeNull({ column: 'a', mostly: 1.1 }), /mostly/],
  [() => EXPECTATIONS.get('expectColumnToExist')!({ column: 'a', colum: 'b' }), /colum/],
  [() => EXPECTATIONS.get('expectColumnToExist')!({ column: 'a', severity: 'fatal' }), /severity/],
  [() => quality.expectColumnMaxToBeBetween({ column: 'a', minValue: Infinity }), /minValue/],
])('refuses impossible arguments by name', (make, text) => {
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(text)
})
