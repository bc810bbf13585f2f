import type { ColumnType } from '../../../core/columns.ts'
import type { Cell, RowLayout } from '../../../core/rows/rowLayout.ts'
import type { ExpressionNode, JoinedText, Path } from '../../../core/projection/expression.ts'
import type { AnyProjection } from '../../../core/projection/projection.ts'
import type { SchemaNode } from '../../validate/schemaNode.ts'
import { isTime, isWhole, leafOf } from './leaf.ts'
import type { Leaf, LeafKind } from './leaf.ts'

/** What a slot has that is made of other slots. */
export type MadeSlot =
  | { readonly op: 'sum'; readonly of: number; readonly and: number; readonly slot: number }
  | {
      readonly op: 'seconds'
      readonly of: number
      microsSlot?: number
      daySlot?: number
    }
  | { readonly op: 'joined'; readonly of: readonly (string | number)[]; readonly slot: number }
  | {
      readonly op: 'marked' | 'separated'
      readonly of: number
      readonly by: string
      readonly slot: number
    }

/** What of a record goes into which slots of its row. */
export interface RowPlan {
  readonly layout: RowLayout
  /** By path, keys joined as JSON. */
  readonly leaves: ReadonlyMap<string, Leaf>
  /** What is made of slots once all leaves are read, in this order. */
  readonly made: readonly MadeSlot[]
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
  const made: MadeSlot[] = []
  /** Of seconds by their slot, of joined texts by their parts. */
  const times = new Map<number, Extract<MadeSlot, { op: 'seconds' }>>()
  const joinedSlots = new Map<string, number>()
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
  /** A time is a text, too, and so is a whole number as text. */
  const textAt = (path: Path): Leaf | undefined => {
    const node = nodeAt(schema, path)
    return leafAt(path, isTime(node) ? 'time' : isWhole(node) ? 'whole' : 'text')
  }

  const secondsAt = (path: Path) => {
    const leaf = leafAt(path, 'number')
    if (leaf === undefined || leaf.mayBeNull) return undefined
    const of = (leaf.slot ??= numbers++)
    let time = times.get(of)
    if (time === undefined) {
      time = { op: 'seconds', of }
      times.set(of, time)
      made.push(time)
    }
    return time
  }
  /** The slot of a text of these parts. */
  const joinedAt = (parts: JoinedText): number | undefined => {
    const slots: (string | number)[] = []
    for (const part of parts) {
      const leaf = typeof part === 'string' ? part : textAt(part)
      if (leaf === undefined || (typeof leaf === 'object' && leaf.mayBeNull)) return undefined
      slots.push(typeof leaf === 'string' ? leaf : (leaf.slot ??= texts++))
    }
    const [only, ...more] = slots
    if (typeof only === 'number' && more.length === 0) return only
    const key = JSON.stringify(slots)
    const known = joinedSlots.get(key)
    if (known !== undefined) return known
    const slot = texts++
    joinedSlots.set(key, slot)
    made.push({ op: 'joined', of: slots, slot })
    return slot
  }

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
      case 'secondsMicros': {
        const time = secondsAt(node.of)
        return time && { kind: 'number', slot: (time.microsSlot ??= numbers++), mayBeNull: false }
      }
      case 'secondsDay': {
        const time = secondsAt(node.of)
        return time && { kind: 'day', slot: (time.daySlot ??= numbers++), mayBeNull: false }
      }
      case 'joined': {
        const slot = joinedAt(node.of)
        return slot === undefined ? undefined : { kind: 'text', slot, mayBeNull: false }
      }
      case 'whole': {
        const leaf = leafAt(node.of, 'whole')
        return leaf && { kind: 'number', slot: (leaf.wholeSlot ??= numbers++), mayBeNull: false }
      }
      case 'marked':
      case 'separated': {
        const of = joinedAt(node.of)
        if (of === undefined) return undefined
        const slot = lists++
        made.push({ op: node.op, of, by: node.by, slot })
        return { kind: 'list', slot, mayBeNull: false }
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
        const [of, and] = [(one.slot ??= numbers++), (other.slot ??= numbers++)]
        made.push({ op: 'sum', of, and, slot })
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
  return { layout, leaves, made, ingestedAtSlot, positionSlot }
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
