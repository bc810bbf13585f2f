// Expectations of several columns of one row, and of columns in other tables.
import * as v from 'valibot'
import type { Orphans } from '../../core/figures.ts'
import { identifier } from '../../core/sqlText.ts'
import { orphanRows } from '../../lake/figures/figureSql.ts'
import { counted, rowPlan, shareVerdict } from '../checkPlan.ts'
import type { CheckPlan, Scope } from '../checkPlan.ts'
import { expectation } from '../expectation.ts'
import { finite, name, names, scalar, share, value } from './arguments.ts'
import { uniquePlan } from './uniquePlan.ts'

const PAIR = { columnA: name, columnB: name, mostly: share } as const
const COLUMNS = { columnList: names, mostly: share } as const

/** Both columns have the same value. */
export const expectColumnPairValuesToBeEqual = expectation(
  'expectColumnPairValuesToBeEqual',
  PAIR,
  ({ columnA, columnB, mostly }) =>
    rowPlan({
      columns: [columnA, columnB],
      tested: `(${identifier(columnA)} is not null or ${identifier(columnB)} is not null)`,
      failing: `${identifier(columnA)} is distinct from ${identifier(columnB)}`,
      mostly,
    }),
)

/** The first column's value is greater than the second's. */
export const expectColumnPairValuesAToBeGreaterThanB = expectation(
  'expectColumnPairValuesAToBeGreaterThanB',
  { ...PAIR, orEqual: v.optional(v.boolean(), false) },
  ({ columnA, columnB, orEqual, mostly }) =>
    rowPlan({
      columns: [columnA, columnB],
      failing: `${identifier(columnA)} ${orEqual ? '<' : '<='} ${identifier(columnB)}`,
      mostly,
    }),
)

/** The two columns' values are one of these pairs. */
export const expectColumnPairValuesToBeInSet = expectation(
  'expectColumnPairValuesToBeInSet',
  {
    ...PAIR,
    valuePairsSet: v.pipe(v.array(v.strictTuple([scalar, scalar])), v.minLength(1)),
  },
  ({ columnA, columnB, valuePairsSet, mostly }) => {
    const [a, b] = [identifier(columnA), identifier(columnB)]
    const pairs = valuePairsSet.map(([x, y]) => `(${a} = ${value(x)} and ${b} = ${value(y)})`)
    return rowPlan({
      columns: [columnA, columnB],
      failing: `not (${pairs.join(' or ')})`,
      mostly,
    })
  },
)

/** No two rows have the same values in all of these columns. */
export const expectCompoundColumnsToBeUnique = expectation(
  'expectCompoundColumnsToBeUnique',
  COLUMNS,
  ({ columnList, mostly }) => uniquePlan(columnList, mostly),
)

/** Within a row no two of these columns have the same value. */
export const expectSelectColumnValuesToBeUniqueWithinRecord = expectation(
  'expectSelectColumnValuesToBeUniqueWithinRecord',
  COLUMNS,
  ({ columnList, mostly }) => {
    const columns = columnList.map(identifier)
    const pairs = columns.flatMap((a, index) => columns.slice(index + 1).map((b) => `${a} = ${b}`))
    return rowPlan({
      columns: columnList,
      tested: `(${columns.map((column) => `${column} is not null`).join(' or ')})`,
      failing: `coalesce(${pairs.length === 0 ? 'false' : pairs.join(' or ')}, false)`,
      mostly,
    })
  },
)

/** Within a row these columns add up to this number. */
export const expectMulticolumnSumToEqual = expectation(
  'expectMulticolumnSumToEqual',
  { ...COLUMNS, sumTotal: finite },
  ({ columnList, sumTotal, mostly }) =>
    rowPlan({
      columns: columnList,
      failing: `${columnList.map(identifier).join(' + ')} <> ${sumTotal}`,
      mostly,
    }),
)

/** Every value of the first column exists in a column of another table: no orphans. */
export const expectForeignKeysInColumnAToExistInColumnB = expectation(
  'expectForeignKeysInColumnAToExistInColumnB',
  { columnA: name, otherTable: name, columnB: name, mostly: share },
  ({ columnA, otherTable, columnB, mostly }): CheckPlan => {
    const orphans = ({ table, where, other }: Scope): Orphans => {
      const to = { other: other(otherTable), otherColumn: columnB }
      return { kind: 'orphans', table, column: columnA, ...to, rows: where }
    }
    return {
      columns: [columnA],
      figures: {
        elements: counted(`${identifier(columnA)} is not null`),
        unexpected: orphans,
      },
      judge: ({ figures }) =>
        shareVerdict(Number(figures['elements']), Number(figures['unexpected']), mostly),
      failing: (scope) => orphanRows(orphans(scope)),
    }
  },
)
