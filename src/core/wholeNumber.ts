const TOO_MUCH = 10n ** 18n

/** Whether a value is a whole number from 0 on: what `wholeNumber()` accepts. */
export const isWholeNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && value >= 0
    : typeof value === 'bigint' && value >= 0n && value < TOO_MUCH
