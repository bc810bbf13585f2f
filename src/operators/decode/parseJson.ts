const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const QUOTE = 0x22
const POINT = 0x2e

/** 2^53 has 16 digits: shorter integers are exact as numbers. */
const UNSAFE_DIGITS = 16

/**
 * Parses JSON; integers that a number can't hold exactly become bigint.
 *
 * @param bytes - the JSON as it came
 * @param text - the same, decoded
 * @throws SyntaxError where it isn't JSON.
 */
export function parseJson(bytes: Uint8Array, text: string): unknown {
  return mayHoldUnsafeInteger(bytes) ? parse(text, exactInteger) : JSON.parse(text)
}

/** The reviver's third argument is newer than TypeScript's library. */
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown

/**
 * Whether 16 digits in a row stand anywhere but at the start of a string or behind a decimal point. Looks
 * at every 16th byte only: such a row can't hide between them. It may say yes for digits within a string.
 */
function mayHoldUnsafeInteger(bytes: Uint8Array): boolean {
  const end = bytes.length
  for (let at = UNSAFE_DIGITS - 1; at < end; at += UNSAFE_DIGITS) {
    if (!isDigit(bytes[at]!)) continue
    let from = at
    while (from > 0 && isDigit(bytes[from - 1]!)) from--
    while (at + 1 < end && isDigit(bytes[at + 1]!)) at++
    if (at + 1 - from < UNSAFE_DIGITS) continue
    const before = bytes[from - 1]
    if (before !== QUOTE && before !== POINT) return true
  }
  return false
}

const isDigit = (byte: number): boolean => byte >= DIGIT_0 && byte <= DIGIT_9

function exactInteger(
  _key: string,
  value: unknown,
  context: { readonly source?: string },
): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const { source } = context
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value
}

const INTEGER = /^-?\d+$/
