import * as v from 'valibot'
import { identifier, literal } from '../../core/sqlText.ts'

/** A value that SQL has a literal for. Times and days are written as text. */
export type Scalar = string | number | boolean

// Schemas of arguments that many expectations share.
export const name = v.pipe(v.string(), v.nonEmpty())
export const names = v.pipe(v.array(name), v.minLength(1))
export const finite = v.pipe(v.number(), v.finite())
export const scalar = v.union([v.string(), finite, v.boolean()])
export const scalars = v.pipe(v.array(scalar), v.minLength(1))
export const share = v.optional(v.pipe(finite, v.minValue(0), v.maxValue(1)), 1)
export const bound = v.optional(v.nullable(v.union([finite, v.string()])))
export const count = v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))))

/** The arguments of everything that must lie between two values. */
export const RANGE = {
  minValue: bound,
  maxValue: bound,
  strictMin: v.optional(v.boolean(), false),
  strictMax: v.optional(v.boolean(), false),
} as const

export interface Range {
  readonly minValue?: number | string | null | undefined
  readonly maxValue?: number | string | null | undefined
  readonly strictMin?: boolean
  readonly strictMax?: boolean
}

/** A value as SQL writes it, whatever is in it. */
export const value = (scalar: Scalar): string =>
  typeof scalar === 'string' ? literal(scalar) : String(scalar)

export const list = (values: readonly Scalar[]): string => `(${values.map(value).join(', ')})`

/** A column as text, for patterns and lengths. */
export const asText = (column: string): string => `cast(${identifier(column)} as varchar)`

/** SQL that is true for what lies between; null where it is asked of null. */
export function between(expression: string, range: Range): string {
  const { minValue, maxValue, strictMin = false, strictMax = false } = range
  const sides = [
    ...(minValue == null ? [] : [`${expression} ${strictMin ? '>' : '>='} ${value(minValue)}`]),
    ...(maxValue == null ? [] : [`${expression} ${strictMax ? '<' : '<='} ${value(maxValue)}`]),
  ]
  return sides.length === 0 ? 'true' : `(${sides.join(' and ')})`
}

/** Whether a number lies between; what is unknown does not. */
export function isBetween(number: number, range: Range): boolean {
  const { minValue, maxValue, strictMin = false, strictMax = false } = range
  if (Number.isNaN(number)) return false
  if (minValue != null && (strictMin ? number <= +minValue : number < +minValue)) return false
  return !(maxValue != null && (strictMax ? number >= +maxValue : number > +maxValue))
}
