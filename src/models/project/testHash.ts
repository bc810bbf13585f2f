import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../core/json.ts'

/** How much of the digest is in the id. */
const LENGTH = 10

/**
 * What tells generic tests of one name apart, the same as dbt's: so results and states of both mean the same test.
 *
 * @param name of the test, given or made of its arguments
 * @param test what it is a case of
 * @param on `ref('orders')`
 */
export function testHash(name: string, test: string, on: string, given: JsonObject): string {
  const kwargs = { ...given, model: `{{ get_where_subquery(${on}) }}` }
  const metadata = pythonRepr({ kwargs, name: test, namespace: null })
  return createHash('md5').update(`${name}${metadata}`).digest('hex').slice(-LENGTH)
}

/** A value as Python's `repr` writes it, with its keys in order and everything in it made text. */
function pythonRepr(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => pythonRepr(one)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, one]) => `${quoted(key)}: ${pythonRepr(one)}`).join(', ')}}`
  }
  return quoted(pythonText(value))
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `${quote}${escaped}${quote}`
}

/** A value as Python's `str` writes it. */
export const pythonText = (value: Json): string =>
  value === true ? 'True' : value === false ? 'False' : value === null ? 'None' : String(value)
