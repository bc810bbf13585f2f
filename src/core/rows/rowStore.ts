import type { RowLayout } from './rowLayout.ts'

const FIRST_ROWS = 512
const FIRST_ITEMS = 1024
const FIRST_EXTRA = 64 << 10
/** Texts and items that took more bytes are let go of: one long record must not be paid for ever. */
const KEPT_BYTES = 4 << 20
const NOTHING = Buffer.alloc(0)

/** In place of a start: there is no text. */
export const NO_TEXT = -1

/** The start of a text at this place of `extra`. */
export const startOfMade = (place: number): number => -2 - place

/** Where a text with this start lies in its bytes. */
export const placeOf = (start: number): number => (start >= 0 ? start : -2 - start)

/** A row of a store, in the place of a record. Valid as long as the batch that it came from is under way. */
export class StoredRow {
  readonly store: RowStore
  readonly at: number

  constructor(store: RowStore, at: number) {
    this.store = store
    this.at = at
  }
}

/**
 * The rows of one batch, column by column, without an object for any of them. A text is where it starts and
 * how many bytes it has: those of the batch itself, or, where it had to be made, of `extra` (`startOfMade`). Filled from front to back, read, opened again for another batch.
 *
 * **State** as many rows as the largest batch had, and what texts had to be made for one batch, of that 4 MiB at
 * most when the batch is done, as of the places of items.
 */
export class RowStore {
  readonly layout: RowLayout
  bytes: Buffer = NOTHING
  /** Start and length by row and slot. */
  texts: Int32Array
  numbers: Float64Array
  /** The first item and how many there are, by row and slot. */
  lists: Int32Array
  /** Start and length of each item of a list. */
  items = new Int32Array(2 * FIRST_ITEMS)
  itemCount = 0
  extra: Buffer = Buffer.allocUnsafeSlow(FIRST_EXTRA)
  extraLength = 0
  count = 0
  #rows: StoredRow[] = []
  #capacity = FIRST_ROWS

  constructor(layout: RowLayout) {
    this.layout = layout
    this.texts = new Int32Array(FIRST_ROWS * layout.texts * 2)
    this.numbers = new Float64Array(FIRST_ROWS * layout.numbers)
    this.lists = new Int32Array(FIRST_ROWS * layout.lists * 2)
  }

  /** Begins with the rows of another batch. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.count = 0
    this.itemCount = 0
    this.extraLength = 0
  }

  /** Lets go of the batch. */
  close(): void {
    this.bytes = NOTHING
    if (this.extra.length > KEPT_BYTES) this.extra = Buffer.allocUnsafeSlow(FIRST_EXTRA)
    if (this.items.byteLength > KEPT_BYTES) this.items = new Int32Array(2 * FIRST_ITEMS)
  }

  /** Makes room for one more row. */
  reserve(): void {
    if (this.count < this.#capacity) return
    const { texts, numbers, lists } = this.layout
    this.#capacity *= 2
    this.texts = grown(this.texts, new Int32Array(this.#capacity * texts * 2))
    this.numbers = grown(this.numbers, new Float64Array(this.#capacity * numbers))
    this.lists = grown(this.lists, new Int32Array(this.#capacity * lists * 2))
  }

  /** Keeps the row that was filled. */
  push(): StoredRow {
    return this.row(this.count++)
  }

  row(at: number): StoredRow {
    return (this.#rows[at] ??= new StoredRow(this, at))
  }

  /** Adds an item to the list that is being filled. */
  pushItem(start: number, length: number): void {
    const at = 2 * this.itemCount++
    if (at === this.items.length) this.items = grown(this.items, new Int32Array(at * 2))
    this.items[at] = start
    this.items[at + 1] = length
  }

  /** Makes room for so many bytes more behind `extraLength`. */
  reserveExtra(more: number): void {
    const needed = this.extraLength + more
    if (needed <= this.extra.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.extra.length * 2))
    this.extra.copy(larger, 0, 0, this.extraLength)
    this.extra = larger
  }

  /** The bytes that a text with this start lies in, at `placeOf(start)`. */
  bytesOf(start: number): Buffer {
    return start >= 0 ? this.bytes : this.extra
  }

  /** The text at such a start, as a string. */
  textAt(start: number, length: number): string {
    const from = placeOf(start)
    return this.bytesOf(start).toString('utf8', from, from + length)
  }
}

function grown<Values extends Int32Array | Float64Array>(from: Values, into: Values): Values {
  into.set(from)
  return into
}
