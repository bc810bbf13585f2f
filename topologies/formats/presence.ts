import * as v from 'valibot'

/** Text that says something: ids. */
export const NonEmpty = v.pipe(v.string(), v.nonEmpty())

/** Whether a value that should identify something is absent, null or empty. */
export const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || value === ''

/** Whether anything stands there at all, null included. */
export const isPresent = (value: unknown): boolean => value !== undefined

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether a record is no object: it has no id either. */
export const isNoObject = (value: unknown): boolean => !isObject(value)

/** Whether at least so many of the names are among the keys. */
export const hasSome = (keys: readonly string[], names: readonly string[], atLeast = 1): boolean =>
  names.filter((name) => keys.includes(name)).length >= atLeast

export const hasAll = (keys: readonly string[], names: readonly string[]): boolean =>
  hasSome(keys, names, names.length)
