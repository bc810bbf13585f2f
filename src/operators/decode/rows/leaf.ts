import { isTimestampText } from '../../../core/timestamp.ts'
import { isWholeText } from '../../../core/wholeText.ts'
import { acceptsWhole } from '../../validate/acceptsWhole.ts'
import { compileAccept } from '../../validate/compileAccept.ts'
import type { Accept, SchemaNode } from '../../validate/schemaNode.ts'

/** How a value is read: as a text, as one that is a time or a whole number, as a number, a boolean, an array of texts. */
export type LeafKind = 'text' | 'time' | 'whole' | 'number' | 'flag' | 'texts'

/** A value of a record that is read into slots of its row, and into which. */
export interface Leaf {
  readonly kind: LeafKind
  /** Asked about the value; absent where its kind says enough. */
  readonly accept: Accept | undefined
  readonly mayBeNull: boolean
  readonly mayBeEmpty: boolean
  /** Of a number: whether it accepts every whole one from 0 on that is exact, and need not be asked about these. */
  readonly takesWhole?: boolean
  /** Slots of the value as it is: of a text, number, boolean, list. */
  slot?: number
  /** Of a time: its microseconds, its day. */
  microsSlot?: number
  daySlot?: number
  /** Of a text that is a whole number: that. */
  wholeSlot?: number
  /** Of an array: its first text, its texts in lower case. */
  firstSlot?: number
  lowerSlot?: number
}

/** Whether it is `wholeText()`. */
export const isWhole = (node: SchemaNode | undefined): boolean =>
  node?.type === 'custom' && node.pipe === undefined && node.check === isWholeText

/** Whether it is `timestampText()`. */
export const isTime = (node: SchemaNode | undefined): boolean =>
  node?.type === 'custom' && node.pipe === undefined && node.check === isTimestampText

/** How a value of a schema is read as one of a kind; undefined where that can't be told. */
export function leafOf(node: SchemaNode, kind: LeafKind): Leaf | undefined {
  const plain = { accept: undefined, mayBeNull: false, mayBeEmpty: true }
  if (kind === 'texts') {
    const isPlain = node.type === 'array' && node.pipe === undefined && isText(node.item)
    return isPlain ? { kind, ...plain } : undefined
  }
  if (kind === 'time') return isTime(node) ? { kind, ...plain } : undefined
  if (kind === 'whole') return isWhole(node) ? { kind, ...plain } : undefined
  if (kind === 'text' && isText(node)) return { kind, ...plain }
  if (kind === 'text' && isNonEmptyText(node)) return { kind, ...plain, mayBeEmpty: false }
  if (kind === 'text' && isTextOrNull(node)) return { kind, ...plain, mayBeNull: true }
  const isPlain = node.pipe === undefined
  if (kind === 'flag' && node.type === 'boolean' && isPlain) return { kind, ...plain }
  if (kind === 'number' && node.type === 'number' && isPlain) return { kind, ...plain }
  const accept = compileAccept(node)
  const takesWhole = kind === 'number' && acceptsWhole(node)
  return accept && { kind, accept, mayBeNull: acceptsNull(accept), mayBeEmpty: true, takesWhole }
}

/** A check of one's own may throw on what no record has: then null is left to others. */
function acceptsNull(accept: Accept): boolean {
  try {
    return accept(null)
  } catch {
    return false
  }
}

/** How a value is read that no column wants; undefined where it is no simple one. */
export function checkedLeafOf(node: SchemaNode): Leaf | undefined {
  if (isTime(node)) return leafOf(node, 'time')
  if (isWhole(node)) return leafOf(node, 'whole')
  if (isText(node) || isNonEmptyText(node) || isTextOrNull(node)) return leafOf(node, 'text')
  if (node.type === 'boolean') return leafOf(node, 'flag')
  if (node.type === 'number') return leafOf(node, 'number')
  return node.type === 'array' ? leafOf(node, 'texts') : undefined
}

const isText = (node: SchemaNode | undefined): boolean =>
  node?.type === 'string' && node.pipe === undefined

/** Whether it may also be missing: what is there is a text or null. */
const isTextOrNull = ({ type, pipe, wrapped, default: other }: SchemaNode): boolean =>
  (type === 'nullable' || type === 'nullish') &&
  pipe === undefined &&
  other === undefined &&
  isText(wrapped)

const isNonEmptyText = ({ pipe }: SchemaNode): boolean =>
  pipe?.length === 2 && isText(pipe[0]) && pipe[1]!.type === 'non_empty'
