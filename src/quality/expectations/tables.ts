// Expectations of a table: its rows and its columns.
import * as v from 'valibot'
import { identifier } from '../../core/sqlText.ts'
import type { CheckedTable, Figure } from '../../core/figures.ts'
import { aggregate, counted } from '../checkPlan.ts'
import type { CheckPlan, Evidence } from '../checkPlan.ts'
import { expectation } from '../expectation.ts'
import type { Range } from './arguments.ts'
import { count, finite, isBetween, name, names } from './arguments.ts'

const COUNT = { minValue: count, maxValue: count } as const
const whole = v.pipe(finite, v.integer(), v.minValue(0))

const rows = { rows: counted() }
const rowsIn = (table: CheckedTable): Figure => ({
  ...{ kind: 'aggregate', table, sql: 'count(*)', merge: 'sum' },
})
const rowsOf = ({ figures }: Evidence): number => Number(figures['rows'])
const noRows = { columns: [], figures: {} } as const

/** So many rows. */
export const expectTableRowCountToBeBetween = expectation(
  'expectTableRowCountToBeBetween',
  COUNT,
  (range) => rowCountPlan(range),
)

/** Exactly so many rows. */
export const expectTableRowCountToEqual = expectation(
  'expectTableRowCountToEqual',
  { value: whole },
  ({ value }) => rowCountPlan({ minValue: value, maxValue: value }),
)

function rowCountPlan(range: Range): CheckPlan {
  return {
    columns: [],
    figures: rows,
    judge: (evidence) => {
      const observed = rowsOf(evidence)
      return { success: isBetween(observed, range), observed }
    },
  }
}

/** As many rows as another table. */
export const expectTableRowCountToEqualOtherTable = expectation(
  'expectTableRowCountToEqualOtherTable',
  { otherTableName: name },
  ({ otherTableName }): CheckPlan => ({
    columns: [],
    figures: { ...rows, others: ({ other }) => rowsIn(other(otherTableName)) },
    judge: (evidence) => {
      const [own, other] = [rowsOf(evidence), Number(evidence.figures['others'])]
      return { success: own === other, observed: { self: own, other } }
    },
  }),
)

/**
 * Rows now as a multiple of the rows when the suite last passed: `{ minRatio: 0.8 }` refuses a table that
 * lost more than a fifth. The first time there is nothing to compare with, and it passes.
 */
export const expectTableRowCountChangeToBeBetween = expectation(
  'expectTableRowCountChangeToBeBetween',
  { minRatio: v.optional(v.nullable(finite)), maxRatio: v.optional(v.nullable(finite)) },
  ({ minRatio, maxRatio }): CheckPlan => ({
    columns: [],
    figures: rows,
    judge: (evidence) => {
      const { rowsBefore } = evidence
      const own = rowsOf(evidence)
      if (rowsBefore === undefined || rowsBefore === 0) {
        return { success: true, observed: { rows: own, before: rowsBefore ?? null } }
      }
      const range = { minValue: minRatio, maxValue: maxRatio }
      return {
        success: isBetween(own / rowsBefore, range),
        observed: { rows: own, before: rowsBefore, ratio: own / rowsBefore },
      }
    },
  }),
)

/** The newest time in a column is at most so many milliseconds old: the table is fresh. */
export const expectColumnMaxToBeRecent = expectation(
  'expectColumnMaxToBeRecent',
  { column: name, withinMs: v.pipe(finite, v.minValue(0)) },
  ({ column, withinMs }): CheckPlan => ({
    columns: [column],
    figures: {
      newest: aggregate(
        ({ filter }) => `epoch_ms(cast(max(${identifier(column)})${filter()} as timestamp))`,
        'max',
      ),
    },
    judge: ({ figures, nowMs }) => {
      const newest = figures['newest'] ?? null
      if (newest === null) return { success: true, observed: null }
      const observed = new Date(Number(newest)).toISOString()
      return { success: nowMs - Number(newest) <= withinMs, observed }
    },
  }),
)

/**
 * The query finds no rows. `{batch}` in it stands for the tested table. `isPerRow` says that each row that it finds
 * comes of one row of the table, whatever else there is: rows that were added are then asked alone.
 */
export const expectQueryToReturnNoRows = expectation(
  'expectQueryToReturnNoRows',
  { unexpectedRowsQuery: name, isPerRow: v.optional(v.boolean(), false) },
  ({ unexpectedRowsQuery, isPerRow }): CheckPlan => {
    const query = (relation: string): string =>
      unexpectedRowsQuery.replaceAll('{batch}', () => relation)
    return {
      columns: [],
      figures: { found: ({ table }) => ({ kind: 'found', table, query, isPerRow }) },
      judge: ({ figures }) => {
        const unexpected = Number(figures['found'])
        return { success: unexpected === 0, unexpected }
      },
      failing: ({ relation }) => query(relation),
    }
  },
)

/** There is a column of this name, and where `columnIndex` is given, at this place (from 0). */
export const expectColumnToExist = expectation(
  'expectColumnToExist',
  { column: name, columnIndex: v.optional(v.nullable(whole)) },
  ({ column, columnIndex }): CheckPlan => ({
    ...noRows,
    judge: ({ columns }) => {
      const at = columns.findIndex((one) => one.name === column)
      return { success: at >= 0 && (columnIndex == null || at === columnIndex) }
    },
  }),
)

/** So many columns. */
export const expectTableColumnCountToBeBetween = expectation(
  'expectTableColumnCountToBeBetween',
  COUNT,
  (range): CheckPlan => ({
    ...noRows,
    judge: ({ columns }) => ({
      success: isBetween(columns.length, range),
      observed: columns.length,
    }),
  }),
)

/** Exactly so many columns. */
export const expectTableColumnCountToEqual = expectation(
  'expectTableColumnCountToEqual',
  { value: whole },
  ({ value }): CheckPlan => ({
    ...noRows,
    judge: ({ columns }) => ({ success: columns.length === value, observed: columns.length }),
  }),
)

/** These columns exist, and, unless `exactMatch` is false, no others. */
export const expectTableColumnsToMatchSet = expectation(
  'expectTableColumnsToMatchSet',
  { columnSet: names, exactMatch: v.optional(v.nullable(v.boolean()), true) },
  ({ columnSet, exactMatch }): CheckPlan => ({
    ...noRows,
    judge: ({ columns }) => {
      const observed = columns.map((column) => column.name)
      const missing = columnSet.filter((column) => !observed.includes(column))
      const others = observed.filter((column) => !columnSet.includes(column))
      const success = missing.length === 0 && (exactMatch === false || others.length === 0)
      return { success, observed: { missing, others } }
    },
  }),
)

/** Exactly these columns in this order. */
export const expectTableColumnsToMatchOrderedList = expectation(
  'expectTableColumnsToMatchOrderedList',
  { columnList: names },
  ({ columnList }): CheckPlan => ({
    ...noRows,
    judge: ({ columns }) => {
      const observed = columns.map((column) => column.name)
      return { success: observed.join('\0') === columnList.join('\0'), observed }
    },
  }),
)

/** The column's type, as DuckDB names it: `VARCHAR`, `BIGINT`, `TIMESTAMP WITH TIME ZONE`, … */
export const expectColumnValuesToBeOfType = expectation(
  'expectColumnValuesToBeOfType',
  { column: name, type: name },
  ({ column, type }) => typePlan(column, [type]),
)

/** The column's type is one of these, as DuckDB names them. */
export const expectColumnValuesToBeInTypeList = expectation(
  'expectColumnValuesToBeInTypeList',
  { column: name, typeList: names },
  ({ column, typeList }) => typePlan(column, typeList),
)

function typePlan(column: string, types: readonly string[]): CheckPlan {
  const wanted = types.map((type) => type.toUpperCase())
  return {
    columns: [column],
    figures: {},
    judge: ({ columns }) => {
      const observed = columns.find((one) => one.name === column)?.type ?? null
      return { success: observed !== null && wanted.includes(observed.toUpperCase()), observed }
    },
  }
}
