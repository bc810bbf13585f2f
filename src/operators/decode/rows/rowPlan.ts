import type { ColumnType } from '../../../core/columns.ts'
import type { Cell, RowLayout } from '../../../core/rows/rowLayout.ts'
import { isTimestampText } from '../../../core/timestamp.ts'
import type { ExpressionNode, Path } from '../../../core/projection/expression.ts'
import type { AnyProjection } from '../../../core/projection/projection.ts'
import { compileAccept } from '../../validate/compileAccept.ts'
import type { Accept, SchemaNode } from '../../validate/schemaNode.ts'

/** How a value is read: as a text, as a text that is a time, as a number, a boolean, an array of texts. */
export type LeafKind = 'text' | 'time' | 'number' | 'flag' | 'texts'

/** A value of a record that is read into slots of its row, and into which. */
export interface Leaf {
  readonly kind: LeafKind
  /** Asked about the value; absent where its kind says enough. */
  readonly accept: Accept | undefined
  readonly mayBeNull: boolean
  readonly mayBeEmpty: boolean
  /** Slots of the value as it is: of a text, number, boolean, list. */
  slot?: number
  /** Of a time: its microseconds, its day. */
  microsSlot?: number
  daySlot?: number
  /** Of an array: its first text, its texts in lower case. */
  firstSlot?: number
  lowerSlot?: number
}

/** What of a record goes into which slots of its row. */
export interface RowPlan {
  readonly layout: RowLayout
  /** By path, keys joined as JSON. */
  readonly leaves: ReadonlyMap<string, Leaf>
  readonly sums: readonly { readonly of: number; readonly and: number; readonly slot: number }[]
  readonly ingestedAtSlot: number | undefined
  readonly positionSlot: number | undefined
}

/** How a field is read that becomes a column of this type. */
const KIND_OF: Partial<Record<ColumnType, LeafKind>> = {
  string: 'text',
  boolean: 'flag',
  int32: 'number',
  int64: 'number',
  double: 'number',
  timestamp: 'number',
  'list<string>': 'texts',
}

export const leafKey = (path: Path): string => JSON.stringify(path)

/**
 * Plans how the records of a schema are read into rows.
 *
 * @returns undefined where a column needs more than what is read from bytes
 */
export function planRow(
  schema: SchemaNode,
  { columns, table }: AnyProjection,
): RowPlan | undefined {
  const leaves = new Map<string, Leaf>()
  const cells = new Map<string, Cell>()
  const sums: { of: number; and: number; slot: number }[] = []
  let texts = 0
  let numbers = 0
  let lists = 0
  let ingestedAtSlot: number | undefined
  let positionSlot: number | undefined

  const leafAt = (path: Path, kind: LeafKind): Leaf | undefined => {
    const key = leafKey(path)
    const known = leaves.get(key)
    if (known !== undefined) return known.kind === kind ? known : undefined
    const node = nodeAt(schema, path)
    const leaf = node && leafOf(node, kind)
    if (leaf !== undefined) leaves.set(key, leaf)
    return leaf
  }
  /** A time is a text, too. */
  const textAt = (path: Path): Leaf | undefined =>
    isTime(nodeAt(schema, path)) ? leafAt(path, 'time') : leafAt(path, 'text')

  const cellOf = (node: ExpressionNode, type: ColumnType): Cell | undefined => {
    switch (node.op) {
      case 'constant':
        return { kind: 'constant', value: node.value }
      case 'ingestedAt':
        return { kind: 'number', slot: (ingestedAtSlot ??= numbers++), mayBeNull: false }
      case 'sourcePosition':
        return { kind: 'text', slot: (positionSlot ??= texts++), mayBeNull: false }
      case 'field': {
        const kind = KIND_OF[type]
        const leaf = kind === 'text' ? textAt(node.of) : kind && leafAt(node.of, kind)
        if (leaf === undefined) return undefined
        const { mayBeNull } = leaf
        if (kind === 'text') return { kind, slot: (leaf.slot ??= texts++), mayBeNull }
        if (kind === 'texts') return { kind: 'list', slot: (leaf.slot ??= lists++), mayBeNull }
        return { kind: kind as 'number' | 'flag', slot: (leaf.slot ??= numbers++), mayBeNull }
      }
      case 'micros': {
        const leaf = leafAt(node.of, 'time')
        return leaf && { kind: 'number', slot: (leaf.microsSlot ??= numbers++), mayBeNull: false }
      }
      case 'day': {
        const leaf = leafAt(node.of, 'time')
        return leaf && { kind: 'day', slot: (leaf.daySlot ??= numbers++), mayBeNull: false }
      }
      case 'first': {
        const leaf = leafAt(node.of, 'texts')
        return leaf && { kind: 'text', slot: (leaf.firstSlot ??= texts++), mayBeNull: true }
      }
      case 'distinctLower': {
        const leaf = leafAt(node.of, 'texts')
        return leaf && { kind: 'list', slot: (leaf.lowerSlot ??= lists++), mayBeNull: false }
      }
      case 'sum': {
        const one = leafAt(node.of, 'number')
        const other = leafAt(node.and, 'number')
        if (one === undefined || other === undefined) return undefined
        const slot = numbers++
        sums.push({ of: (one.slot ??= numbers++), and: (other.slot ??= numbers++), slot })
        return { kind: 'number', slot, mayBeNull: one.mayBeNull && other.mayBeNull }
      }
    }
  }

  for (const { name, type } of table) {
    const node = columns.get(name)
    const cell = node && cellOf(node, type)
    if (cell === undefined) return undefined
    cells.set(name, cell)
  }
  const layout = { cells, texts, numbers, lists }
  return { layout, leaves, sums, ingestedAtSlot, positionSlot }
}

/** What stands at a path, below plain objects alone. */
function nodeAt(schema: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema
  for (const key of path) {
    if (node?.pipe !== undefined) return undefined
    node = node?.entries?.[key]
  }
  return node
}

const isTime = (node: SchemaNode | undefined): boolean =>
  node?.type === 'custom' && node.pipe === undefined && node.check === isTimestampText

/** How a value of a schema is read as one of a kind; undefined where that can't be told. */
function leafOf(node: SchemaNode, kind: LeafKind): Leaf | undefined {
  const plain = { accept: undefined, mayBeNull: false, mayBeEmpty: true }
  if (kind === 'texts') {
    const isPlain = node.type === 'array' && node.pipe === undefined && isText(node.item)
    return isPlain ? { kind, ...plain } : undefined
  }
  if (kind === 'time') return isTime(node) ? { kind, ...plain } : undefined
  if (kind === 'text' && isText(node)) return { kind, ...plain }
  if (kind === 'text' && isNonEmptyText(node)) return { kind, ...plain, mayBeEmpty: false }
  if (kind === 'flag' && node.type === 'boolean' && node.pipe === undefined) {
    return { kind, ...plain }
  }
  const accept = compileAccept(node)
  return accept && { kind, accept, mayBeNull: acceptsNull(accept), mayBeEmpty: true }
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
  if (isText(node) || isNonEmptyText(node)) return leafOf(node, 'text')
  if (node.type === 'boolean') return leafOf(node, 'flag')
  if (node.type === 'number') return leafOf(node, 'number')
  return node.type === 'array' ? leafOf(node, 'texts') : undefined
}

const isText = (node: SchemaNode | undefined): boolean =>
  node?.type === 'string' && node.pipe === undefined

const isNonEmptyText = ({ pipe }: SchemaNode): boolean =>
  pipe?.length === 2 && isText(pipe[0]) && pipe[1]!.type === 'non_empty'
