import type { Column } from '../core/columns.ts'
import type { Cell, RowLayout } from '../core/rows/rowLayout.ts'
import type { StoredRow } from '../core/rows/rowStore.ts'
import { viewOf } from '../core/rows/rowView.ts'
import { partitionText, type PartitionValues } from './partitions.ts'

type Row = Readonly<Record<string, unknown>>

/** Finds the partition that a row belongs to. */
export interface PartitionFinder<Partition> {
  (row: Row): Partition
  stored(row: StoredRow): Partition
  /** Stored rows will be others. */
  endBatch(): void
  /** All partitions are begun anew. */
  forget(): void
}

/**
 * Finds partitions by the values of their columns: one map a column, inside each other.
 *
 * @param begin - makes a partition that a row is the first of
 */
export function partitionFinder<Partition extends object>(
  keys: readonly Column[],
  begin: (values: PartitionValues) => Partition,
): PartitionFinder<Partition> {
  type Level = Map<unknown, Level | Partition>
  const names = keys.map(({ name }) => name)
  let root: Level = new Map()

  const add = (row: Row): Partition => {
    const values = keys.map((column) => [column.name, partitionText(column, row[column.name])])
    const partition = begin(Object.fromEntries(values) as PartitionValues)
    let level = root
    keys.forEach(({ name }, depth) => {
      const next = depth === keys.length - 1 ? partition : (level.get(row[name]) ?? new Map())
      level.set(row[name], next)
      level = next as Level
    })
    if (keys.length === 0) root.set(undefined, partition)
    return partition
  }

  const lastValues: unknown[] = names.map(() => undefined)
  let lastFound: Partition | undefined
  const find = (row: Row): Partition => {
    // Neighbours are mostly of one partition, and comparing costs less than looking up.
    if (lastFound !== undefined && isAsLast(row)) return lastFound
    lastFound = lookUp(row)
    names.forEach((name, at) => (lastValues[at] = row[name]))
    return lastFound
  }
  const isAsLast = (row: Row): boolean => {
    for (let at = 0; at < names.length; at++) {
      if (row[names[at]!] !== lastValues[at]) return false
    }
    return true
  }
  const lookUp = (row: Row): Partition => {
    let found: Level | Partition | undefined = root
    if (keys.length === 0) found = root.get(undefined)
    for (let depth = 0; depth < keys.length && found !== undefined; depth++) {
      found = (found as Level).get(row[keys[depth]!.name])
    }
    return (found as Partition | undefined) ?? add(row)
  }

  let lastStored: StoredRow | undefined
  let storedFound: Partition | undefined
  let lastLayout: RowLayout | undefined
  let cells: readonly Cell[] = []
  const stored = (row: StoredRow): Partition => {
    if (row.store.layout !== lastLayout) {
      lastLayout = row.store.layout
      cells = names.map((name) => lastLayout!.cells.get(name)!)
      lastStored = undefined
    }
    const isAlike =
      lastStored !== undefined && cells.every((cell) => isSame(cell, row, lastStored!))
    if (!isAlike) storedFound = find(viewOf(row))
    lastStored = row
    return storedFound!
  }

  return Object.assign(find, {
    stored,
    endBatch(): void {
      lastStored = undefined
    },
    forget(): void {
      lastStored = undefined
      root = new Map()
      lastFound = undefined
    },
  })
}

/** Whether two rows of one batch have the same in a column; no where that can't be told at once. */
function isSame(cell: Cell, { store, at }: StoredRow, other: StoredRow): boolean {
  if (cell.kind === 'constant') return true
  if (cell.kind !== 'day' || other.store !== store) return false
  const { numbers, layout } = store
  return numbers[at * layout.numbers + cell.slot] === numbers[other.at * layout.numbers + cell.slot]
}
