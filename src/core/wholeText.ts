const DIGITS = /^\d{1,18}$/

/** Whether a value is a whole number as text: what `wholeText()` accepts. */
export const isWholeText = (value: unknown): value is string =>
  typeof value === 'string' && DIGITS.test(value)
