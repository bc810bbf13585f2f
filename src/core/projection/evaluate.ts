import { isWholeText } from '../wholeText.ts'
import { dayText, isEpochSeconds, parseTimestampUs } from '../timestamp.ts'
import type { Evaluate, ExpressionNode, JoinedText, Path } from './expression.ts'

type Whole = number | bigint | null | undefined

/** What an expression is of a record that is an object. The record has passed its schema. */
export function evaluator(node: ExpressionNode): Evaluate {
  switch (node.op) {
    case 'constant':
      return () => node.value
    case 'ingestedAt':
      return (_, { ingestedAtMs }) => ingestedAtMs * 1000
    case 'sourcePosition':
      return (_, { source, offset }) => `${source}:${offset}`
    case 'field':
      return (record) => valueAt(record, node.of) ?? null
    case 'micros':
      return (record) => micros(valueAt(record, node.of), node.of)
    case 'day':
      return (record) => {
        const text = valueAt(record, node.of)
        micros(text, node.of)
        return (text as string).slice(0, 10)
      }
    case 'sum':
      return (record) => {
        const a = valueAt(record, node.of) as Whole
        const b = valueAt(record, node.and) as Whole
        const found = total(a, b)
        if (found !== undefined) return found
        const names = `${node.of.join('.')} and ${node.and.join('.')}`
        throw new TypeError(`${names} are no whole numbers: ${a} and ${b}`)
      }
    case 'secondsMicros':
      return (record) => microsOfSeconds(valueAt(record, node.of), node.of)
    case 'secondsDay':
      return (record) => {
        const instant = microsOfSeconds(valueAt(record, node.of), node.of)
        return dayText(Math.floor(Number(instant) / DAY_US))
      }
    case 'joined':
      return textMaker(node.of)
    case 'marked': {
      const text = textMaker(node.of)
      const words = new RegExp(`\\${node.by}\\w+`, 'g')
      return (record) => {
        const found = text(record).match(words) ?? []
        return [...new Set(found.map((word) => word.slice(1).toLowerCase()))]
      }
    }
    case 'separated': {
      const text = textMaker(node.of)
      return (record) => {
        const parts = text(record)
          .split(node.by)
          .filter((part) => part !== '')
        return [...new Set(parts.map((part) => part.toLowerCase()))]
      }
    }
    case 'whole':
      return (record) => whole(valueAt(record, node.of), node.of)
    case 'first':
      return (record) => (valueAt(record, node.of) as readonly string[])[0] ?? null
    case 'distinctLower':
      return (record) => [
        ...new Set((valueAt(record, node.of) as readonly string[]).map((one) => one.toLowerCase())),
      ]
  }
}

function valueAt(record: unknown, path: Path): unknown {
  let value = record
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | null)?.[key]
  return value
}

function micros(text: unknown, path: Path): number | bigint {
  const found = typeof text === 'string' ? parseTimestampUs(text) : undefined
  if (found !== undefined) return found
  throw new TypeError(`${path.join('.')} is no time; check it with timestampText()`)
}

function whole(text: unknown, path: Path): number | bigint {
  if (!isWholeText(text)) {
    throw new TypeError(`${path.join('.')} is no whole number; check it with wholeText()`)
  }
  const found = Number(text)
  return Number.isSafeInteger(found) ? found : BigInt(text)
}

const DAY_US = 86_400e6

function microsOfSeconds(seconds: unknown, path: Path): number | bigint {
  if (!isEpochSeconds(seconds)) {
    throw new TypeError(`${path.join('.')} is no time in seconds; check it with epochSeconds()`)
  }
  const found = Math.round(seconds * 1e6)
  // Zero has no sign.
  return Number.isSafeInteger(found) ? found + 0 : BigInt(Math.round(seconds)) * 1_000_000n
}

/** Makes a text of its parts. */
function textMaker(parts: JoinedText): (record: unknown) => string {
  const read = (record: unknown, path: Path): string => {
    const text = valueAt(record, path)
    if (typeof text === 'string') return text
    throw new TypeError(`${path.join('.')} is no text: ${String(text)}`)
  }
  return (record) => {
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : read(record, part)
    return text
  }
}

/** Undefined where there is none that is exact. */
function total(a: Whole, b: Whole): number | bigint | null | undefined {
  if (a === null || a === undefined) return b ?? null
  if (b === null || b === undefined) return a
  const sum = Number(a) + Number(b)
  if (Number.isSafeInteger(sum)) return sum
  return isWhole(a) && isWhole(b) ? BigInt(a) + BigInt(b) : undefined
}

const isWhole = (value: number | bigint): boolean =>
  typeof value === 'bigint' || Number.isInteger(value)
