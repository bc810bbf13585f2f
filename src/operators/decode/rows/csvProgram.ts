import type { SchemaNode } from '../../validate/schemaNode.ts'
import { OBJECTS } from '../schemaReader.ts'
import { checkedLeafOf, leafKey, textLeafOf, type Leaf, type RowPlan } from './rowPlan.ts'
import { ProgramWriter, type RowProgram } from './rowProgram.ts'

/**
 * Writes the steps that read one CSV record from its bytes, field by field in the order of its file's header; columns
 * that the schema doesn't name are passed over.
 *
 * @returns undefined where the header lacks a column or has one twice, or a part of the schema isn't known here
 */
export function writeCsvProgram(
  schema: SchemaNode,
  plan: RowPlan,
  header: readonly string[],
): RowProgram | undefined {
  const { entries = {}, type, pipe, async: isAsync } = schema
  // An object of exactly its own keys refuses others.
  if (!OBJECTS.includes(type) || type === 'strict_object' || pipe !== undefined || isAsync === true)
    return undefined
  const isWhole = Object.keys(entries).every((name) => header.includes(name))
  if (!isWhole || new Set(header).size !== header.length) return undefined
  const writer = new ProgramWriter()
  for (const [at, name] of header.entries()) {
    const node = Object.hasOwn(entries, name) ? entries[name]! : undefined
    const leaf = node && (plan.leaves.get(leafKey([name])) ?? fieldOf(node))
    if (node !== undefined && (leaf === undefined || !KINDS.includes(leaf.kind))) return undefined
    writer.field(leaf, at === header.length - 1)
  }
  return writer.end(plan)
}

/** Every field is a text. */
const KINDS: readonly Leaf['kind'][] = ['text', 'time', 'whole']

/** How a field is read that no column wants. */
function fieldOf(node: SchemaNode): Leaf | undefined {
  const leaf = checkedLeafOf(node)
  return leaf !== undefined && KINDS.includes(leaf.kind) ? leaf : textLeafOf(node)
}
