import type { SchemaNode } from '../../validate/schemaNode.ts'
import { OBJECTS } from '../schemaReader.ts'
import { checkedLeafOf, leafOf, type Leaf } from './leaf.ts'
import { leafKey, type RowPlan } from './rowPlan.ts'
import { isFieldLeaf, ProgramWriter, type RowProgram } from './rowProgram.ts'

/** Whether the rows of a CSV file can be records of this schema: a strict object would refuse columns of others. */
export const isCsvSchema = ({ type, pipe, async: isAsync, entries }: SchemaNode): boolean =>
  OBJECTS.includes(type) &&
  type !== 'strict_object' &&
  pipe === undefined &&
  isAsync !== true &&
  entries !== undefined

/**
 * Writes the steps that read one CSV record from its bytes, field by field in the order of its file's header; columns
 * that the schema doesn't name are passed over.
 *
 * @param schema - one of `isCsvSchema`
 * @returns undefined where the header is empty, lacks a column or has one twice, or a part of the schema isn't known here
 */
export function writeCsvProgram(
  schema: SchemaNode,
  plan: RowPlan,
  header: readonly string[],
): RowProgram | undefined {
  const entries = schema.entries!
  const isWhole = Object.keys(entries).every((name) => header.includes(name))
  if (!isWhole || header.length === 0 || new Set(header).size !== header.length) return undefined
  const writer = new ProgramWriter()
  const wanted = new Set(plan.leaves.values())
  for (const [at, name] of header.entries()) {
    const node = Object.hasOwn(entries, name) ? entries[name]! : undefined
    const leaf = node && (plan.leaves.get(leafKey([name])) ?? unwantedField(node))
    if (node !== undefined && !isFieldLeaf(leaf)) return undefined
    writer.field(isFieldLeaf(leaf) ? leaf : undefined, at === header.length - 1)
    if (leaf !== undefined) wanted.delete(leaf)
  }
  // A slot that no field is written to has what was there before.
  return wanted.size > 0 ? undefined : writer.end(plan)
}

/** How a field is checked that no column wants; undefined where that can't be told. */
function unwantedField(node: SchemaNode): Leaf | undefined {
  const leaf = checkedLeafOf(node)
  return isFieldLeaf(leaf) ? leaf : leafOf(node, 'text')
}
