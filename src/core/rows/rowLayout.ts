/**
 * Where a stored row has the value of one column: `text`, bytes of UTF-8 · `number` · `flag`, a number that
 * is 0 or 1 · `day`, a number of days since 1970 · `list`, several texts · `constant`, the same in all rows.
 * No text is null, and so is a number that is NaN.
 */
export type Cell = SlotCell | ConstantCell

export interface SlotCell {
  readonly kind: 'text' | 'number' | 'flag' | 'day' | 'list'
  readonly slot: number
  readonly mayBeNull: boolean
}
export interface ConstantCell {
  readonly kind: 'constant'
  readonly value: string | number | boolean | null
}

/** What all rows of a store have in common. */
export interface RowLayout {
  /** By column, in the order of a record's keys. */
  readonly cells: ReadonlyMap<string, Cell>
  /** How many slots a row has of each sort; flags and days are numbers. */
  readonly texts: number
  readonly numbers: number
  readonly lists: number
}
