// Expectations of a column's values, row by row. Null counts for none but the first two.
import * as v from 'valibot'
import { identifier, literal } from '../../core/sqlText.ts'
import { rowPlan } from '../checkPlan.ts'
import { expectation } from '../expectation.ts'
import { asText, between, count, finite, list, name, RANGE, scalars, share } from './arguments.ts'
import { uniquePlan } from './uniquePlan.ts'

const COLUMN = { column: name, mostly: share } as const
const patterns = v.pipe(v.array(v.string()), v.minLength(1))
const matches = (column: string, regex: string): string =>
  `regexp_matches(${asText(column)}, ${literal(regex)})`

/** No value is null. */
export const expectColumnValuesToNotBeNull = expectation(
  'expectColumnValuesToNotBeNull',
  COLUMN,
  ({ column, mostly }) => {
    const failing = `${identifier(column)} is null`
    return rowPlan({ columns: [column], tested: 'true', failing, mostly })
  },
)

/** Every value is null. */
export const expectColumnValuesToBeNull = expectation(
  'expectColumnValuesToBeNull',
  COLUMN,
  ({ column, mostly }) => {
    const failing = `${identifier(column)} is not null`
    return rowPlan({ columns: [column], tested: 'true', failing, mostly })
  },
)

/** No value occurs twice. */
export const expectColumnValuesToBeUnique = expectation(
  'expectColumnValuesToBeUnique',
  COLUMN,
  ({ column, mostly }) => uniquePlan([column], mostly),
)

/** Values are among these. */
export const expectColumnValuesToBeInSet = expectation(
  'expectColumnValuesToBeInSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet, mostly }) => {
    const failing = `${identifier(column)} not in ${list(valueSet)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values are none of these. */
export const expectColumnValuesToNotBeInSet = expectation(
  'expectColumnValuesToNotBeInSet',
  { ...COLUMN, valueSet: scalars },
  ({ column, valueSet, mostly }) => {
    const failing = `${identifier(column)} in ${list(valueSet)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values lie between two bounds, which count unless strict. Times and days are given as text. */
export const expectColumnValuesToBeBetween = expectation(
  'expectColumnValuesToBeBetween',
  { ...COLUMN, ...RANGE },
  ({ column, mostly, ...range }) => {
    const failing = `not ${between(identifier(column), range)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values, as text, have a length between two bounds, in characters. */
export const expectColumnValueLengthsToBeBetween = expectation(
  'expectColumnValueLengthsToBeBetween',
  { ...COLUMN, minValue: count, maxValue: count },
  ({ column, mostly, ...range }) => {
    const failing = `not ${between(`length(${asText(column)})`, range)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values, as text, have this length, in characters. */
export const expectColumnValueLengthsToEqual = expectation(
  'expectColumnValueLengthsToEqual',
  { ...COLUMN, value: v.pipe(finite, v.integer(), v.minValue(0)) },
  ({ column, value, mostly }) => {
    const failing = `length(${asText(column)}) <> ${value}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Somewhere in each value there is a match of the regular expression (RE2). */
export const expectColumnValuesToMatchRegex = expectation(
  'expectColumnValuesToMatchRegex',
  { ...COLUMN, regex: v.string() },
  ({ column, regex, mostly }) => {
    const failing = `not ${matches(column, regex)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Nowhere in a value there is a match of the regular expression (RE2). */
export const expectColumnValuesToNotMatchRegex = expectation(
  'expectColumnValuesToNotMatchRegex',
  { ...COLUMN, regex: v.string() },
  ({ column, regex, mostly }) =>
    rowPlan({ columns: [column], failing: matches(column, regex), mostly }),
)

/** Each value matches any, or all, of the regular expressions. */
export const expectColumnValuesToMatchRegexList = expectation(
  'expectColumnValuesToMatchRegexList',
  { ...COLUMN, regexList: patterns, matchOn: v.optional(v.picklist(['any', 'all']), 'any') },
  ({ column, regexList, matchOn, mostly }) => {
    const each = regexList.map((regex) => matches(column, regex))
    const failing = `not (${each.join(matchOn === 'any' ? ' or ' : ' and ')})`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** No value matches any of the regular expressions. */
export const expectColumnValuesToNotMatchRegexList = expectation(
  'expectColumnValuesToNotMatchRegexList',
  { ...COLUMN, regexList: patterns },
  ({ column, regexList, mostly }) => {
    const failing = regexList.map((regex) => matches(column, regex)).join(' or ')
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values match a pattern of SQL's `like`. */
export const expectColumnValuesToMatchLikePattern = expectation(
  'expectColumnValuesToMatchLikePattern',
  { ...COLUMN, likePattern: v.string() },
  ({ column, likePattern, mostly }) => {
    const failing = `${asText(column)} not like ${literal(likePattern)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** No value matches a pattern of SQL's `like`. */
export const expectColumnValuesToNotMatchLikePattern = expectation(
  'expectColumnValuesToNotMatchLikePattern',
  { ...COLUMN, likePattern: v.string() },
  ({ column, likePattern, mostly }) => {
    const failing = `${asText(column)} like ${literal(likePattern)}`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values are JSON. */
export const expectColumnValuesToBeJsonParseable = expectation(
  'expectColumnValuesToBeJsonParseable',
  COLUMN,
  ({ column, mostly }) => {
    const failing = `not json_valid(${asText(column)})`
    return rowPlan({ columns: [column], failing, mostly })
  },
)

/** Values are times in this notation: `%Y-%m-%d` and the like. */
export const expectColumnValuesToMatchStrftimeFormat = expectation(
  'expectColumnValuesToMatchStrftimeFormat',
  { ...COLUMN, strftimeFormat: name },
  ({ column, strftimeFormat, mostly }) => {
    const failing = `try_strptime(${asText(column)}, ${literal(strftimeFormat)}) is null`
    return rowPlan({ columns: [column], failing, mostly })
  },
)
