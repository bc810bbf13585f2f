import type { SchemaNode } from '../../validate/schemaNode.ts'
import { keepsItsPlace, OBJECTS, readNode } from '../schemaReader.ts'
import { checkedLeafOf, type Leaf } from './leaf.ts'
import { leafKey, type RowPlan } from './rowPlan.ts'
import { ProgramWriter, type RowProgram } from './rowProgram.ts'

/**
 * Writes the steps that read one JSON record from its bytes: between the values stands what has to stand there; each
 * value is checked and goes into its slots.
 *
 * @param space - what stands behind commas and colons: nothing, or a space as Python's `json.dumps` writes it
 * @returns undefined where a part of the schema isn't known here
 */
export function writeJsonProgram(
  schema: SchemaNode,
  plan: RowPlan,
  space: '' | ' ',
): RowProgram | undefined {
  const writer = new ProgramWriter()
  /** What must stand between the last value and the next. */
  let token = ''
  const endToken = (): void => {
    writer.token(token)
    token = ''
  }

  const writeNode = (node: SchemaNode, path: readonly string[]): boolean => {
    const leaf = plan.leaves.get(leafKey(path)) ?? checkedLeafOf(node)
    if (leaf !== undefined) {
      token += beginning(leaf)
      endToken()
      writer.leaf(leaf)
      return true
    }
    if (OBJECTS.includes(node.type) && node.pipe === undefined && node.async !== true) {
      const keys = Object.keys(node.entries!)
      if (keys.length === 0 || !keys.every(keepsItsPlace)) return false
      token += '{'
      for (const [at, key] of keys.entries()) {
        token += `${at === 0 ? '' : `,${space}`}${JSON.stringify(key)}:${space}`
        if (!writeNode(node.entries![key]!, [...path, key])) return false
      }
      token += '}'
      return true
    }
    // What no column wants is read as ever, and dropped.
    if ([...plan.leaves.keys()].some((key) => key.startsWith(leafKey(path).slice(0, -1)))) {
      return false
    }
    const reader = readNode(node)
    if (reader === undefined) return false
    endToken()
    writer.value(reader)
    return true
  }

  if (!writeNode(schema, [])) return undefined
  endToken()
  return writer.end(plan)
}

/** What a value begins with: a string's quote is compared with what stands before it, unless it may be missing. */
function beginning({ kind, mayBeNull }: Leaf): string {
  if (kind === 'texts') return '['
  const isText = kind === 'text' || kind === 'time' || kind === 'whole'
  return isText && !mayBeNull ? '"' : ''
}
