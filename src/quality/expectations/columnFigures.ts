// Expectations of what a column's values amount to. Nulls don't count.
import * as v from 'valibot'
import { identifier } from '../../core/sqlText.ts'
import { aggregate } from '../checkPlan.ts'
import type { CheckPlan, Scope } from '../checkPlan.ts'
import { expectation } from '../expectation.ts'
import type { Range } from './arguments.ts'
import { between, bound, isBetween, list, name, RANGE, scalars } from './arguments.ts'

const COLUMN = { column: name } as const
const BETWEEN = { ...COLUMN, ...RANGE } as const

/** The aggregate's value lies in the range; where there are no rows there is nothing to judge. */
function figurePlan(column: string, range: Range, call: (column: string) => string): CheckPlan {
  const value = ({ filter }: Scope): string => `${call(identifier(column))}${filter()}`
  return {
    columns: [column],
    figures: {
      value: aggregate(value),
      fits: aggregate((scope) => between(value(scope), range)),
    },
    judge: ({ figures }) => ({
      success: figures['value'] === null || figures['fits'] === true,
      observed: figures['value'] ?? null,
    }),
  }
}

/** An expectation of one figure of a column. */
const figure = (type: string, call: (values: string) => string) =>
  expectation(type, BETWEEN, ({ column, ...range }) => figurePlan(column, range, call))

/** The least value lies between two bounds. */
export const expectColumnMinToBeBetween = figure(
  'expectColumnMinToBeBetween',
  (values) => `min(${values})`,
)

/** The greatest value lies between two bounds. */
export const expectColumnMaxToBeBetween = figure(
  'expectColumnMaxToBeBetween',
  (values) => `max(${values})`,
)

/** The mean lies between two bounds. */
export const expectColumnMeanToBeBetween = figure(
  'expectColumnMeanToBeBetween',
  (values) => `avg(${values})`,
)

/** The median lies between two bounds. */
export const expectColumnMedianToBeBetween = figure(
  'expectColumnMedianToBeBetween',
  (values) => `median(${values})`,
)

/** The sample's standard deviation lies between two bounds. */
export const expectColumnStdevToBeBetween = figure(
  'expectColumnStdevToBeBetween',
  (values) => `stddev_samp(${values})`,
)

/** The sum lies between two bounds. */
export const expectColumnSumToBeBetween = figure(
  'expectColumnSumToBeBetween',
  (values) => `sum(cast(${values} as double))`,
)

/** So many different values. */
export const expectColumnUniqueValueCountToBeBetween = figure(
  'expectColumnUniqueValueCountToBeBetween',
  (values) => `count(distinct ${values})`,
)

/** Different values, as a share of all values. */
export const expectColumnProportionOfUniqueValuesToBeBetween = expectation(
  'expectColumnProportionOfUniqueValuesToBeBetween',
  BETWEEN,
  ({ column, ...range }) =>
    sharePlan(column, range, {
      part: ({ filter }) => `count(distinct ${identifier(column)})${filter()}`,
      whole: ({ filter }) => `count(${identifier(column)})${filter()}`,
    }),
)

/** Values that are not null, as a share of all rows. */
export const expectColumnProportionOfNonNullValuesToBeBetween = expectation(
  'expectColumnProportionOfNonNullValuesToBeBetween',
  BETWEEN,
  ({ column, ...range }) =>
    sharePlan(column, range, {
      part: ({ filter }) => `count(${identifier(column)})${filter()}`,
      whole: ({ filter }) => `count(*)${filter()}`,
    }),
)

function sharePlan(
  column: string,
  range: Range,
  { part, whole }: Record<'part' | 'whole', (scope: Scope) => string>,
): CheckPlan {
  return {
    columns: [column],
    figures: { part: aggregate(part), whole: aggregate(whole) },
    judge: ({ figures }) => {
      const whole = Number(figures['whole'])
      if (whole === 0) return { success: true, observed: null }
      const observed = Number(figures['part']) / whole
      return { success: isBetween(observed, range), observed }
    },
  }
}

/** Each quantile (a value that occurs, as SQL's `percentile_disc`) lies between its two bounds. */
export const expectColumnQuantileValuesToBeBetween = expectation(
  'expectColumnQuantileValuesToBeBetween',
  {
    ...COLUMN,
    quantileRanges: v.pipe(
      v.strictObject({
        quantiles: v.pipe(
          v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
          v.minLength(1),
        ),
        valueRanges: v.array(v.strictTuple([bound, bound])),
      }),
      v.check(
        ({ quantiles, valueRanges }) => quantiles.length === valueRanges.length,
        'there must be one range a quantile',
      ),
    ),
  },
  ({ column, quantileRanges: { quantiles, valueRanges } }): CheckPlan => {
    const value = ({ filter }: Scope, index: number): string =>
      `quantile_disc(${identifier(column)}, ${quantiles[index]})${filter()}`
    const entries = valueRanges.flatMap(([minValue, maxValue], index) => [
      [`value${index}`, aggregate((scope) => value(scope, index))] as const,
      [
        `fits${index}`,
        aggregate((scope) => between(value(scope, index), { minValue, maxValue })),
      ] as const,
    ])
    return {
      columns: [column],
      figures: Object.fromEntries(entries),
      judge: ({ figures }) => {
        const observed = quantiles.map((_, index) => figures[`value${index}`] ?? null)
        const success = observed.every(
          (found, index) => found === null || figures[`fits${index}`] === true,
        )
        return { success, observed }
      },
    }
  },
)

/** The value that occurs most often is among these. */
export const expectColumnMostCommonValueToBeInSet = expectation(
  'expectColumnMostCommonValueToBeInSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet }): CheckPlan => {
    const value = ({ filter }: Scope): string => `mode(${identifier(column)})${filter()}`
    return {
      columns: [column],
      figures: {
        value: aggregate(value),
        fits: aggregate((scope) => `${value(scope)} in ${list(valueSet)}`),
      },
      judge: ({ figures }) => ({
        success: figures['value'] === null || figures['fits'] === true,
        observed: figures['value'] ?? null,
      }),
    }
  },
)

/** Which of the set's values occur, and how many others do. */
function setPlan(
  column: string,
  valueSet: readonly (string | number | boolean)[],
  fits: (found: number, others: number) => boolean,
): CheckPlan {
  const values = identifier(column)
  const distinct = [...new Set(valueSet)]
  return {
    columns: [column],
    figures: {
      found: aggregate(
        ({ filter }) => `count(distinct ${values})${filter(`${values} in ${list(distinct)}`)}`,
      ),
      others: aggregate(
        ({ filter }) => `count(distinct ${values})${filter(`${values} not in ${list(distinct)}`)}`,
      ),
    },
    judge: ({ figures }) => {
      const found = Number(figures['found'])
      const others = Number(figures['others'])
      return {
        success: fits(found, others),
        observed: { found, missing: distinct.length - found, others },
      }
    },
    failing: ({ relation, rows }) =>
      `select * from ${relation} as tested where ${rows} and ${values} not in ${list(distinct)}`,
  }
}

/** The different values are all among these. */
export const expectColumnDistinctValuesToBeInSet = expectation(
  'expectColumnDistinctValuesToBeInSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet }) => setPlan(column, valueSet, (_, others) => others === 0),
)

/** Each of these occurs. */
export const expectColumnDistinctValuesToContainSet = expectation(
  'expectColumnDistinctValuesToContainSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet }) => setPlan(column, valueSet, (found) => found === new Set(valueSet).size),
)

/** Each of these occurs, and nothing else. */
export const expectColumnDistinctValuesToEqualSet = expectation(
  'expectColumnDistinctValuesToEqualSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet }) =>
    setPlan(column, valueSet, (found, others) => others === 0 && found === new Set(valueSet).size),
)
