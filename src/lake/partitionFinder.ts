import type { Column } from '../core/columns.ts'
import type { StoredRows } from '../core/rows/storedRows.ts'
import { viewOf } from '../core/rows/rowView.ts'
import { partitionText, type PartitionValues } from './partitions.ts'

type Row = Readonly<Record<string, unknown>>

/** Finds the partition that a row belongs to. */
export interface PartitionFinder<Partition> {
  (row: Row): Partition
  stored(rows: StoredRows, from: number): Partition
  /** The first row behind `from` that may be of another partition. */
  behindAlike(rows: StoredRows, from: number): number
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

  return Object.assign(find, {
    stored: ({ store, rows }: StoredRows, from: number): Partition =>
      find(viewOf(store, rows[from]!)),
    behindAlike({ store, rows, count }: StoredRows, from: number): number {
      const { numbers, layout } = store
      let to = count
      for (const name of names) {
        const cell = layout.cells.get(name)!
        if (cell.kind === 'constant') continue
        // Others can't be compared at once.
        if (cell.kind !== 'day') return from + 1
        const day = numbers[rows[from]! * layout.numbers + cell.slot]
        let same = from + 1
        while (same < to && numbers[rows[same]! * layout.numbers + cell.slot] === day) same++
        to = same
      }
      return to
    },
    forget(): void {
      root = new Map()
      lastFound = undefined
    },
  })
}
