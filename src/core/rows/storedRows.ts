import type { RowStore } from './rowStore.ts'

const FIRST_CAPACITY = 256

/**
 * Rows of one store in the place of as many records, in their order. Valid during the call that they are given to:
 * then others take their room.
 */
export class StoredRows {
  store: RowStore
  /** Their numbers in the store. */
  rows = new Int32Array(FIRST_CAPACITY)
  /** The numbers in the batch of the records that they stand for. */
  records = new Int32Array(FIRST_CAPACITY)
  count = 0

  constructor(store: RowStore) {
    this.store = store
  }

  /** Begins anew: rows of this store, so many at most. */
  open(store: RowStore, most: number): void {
    this.store = store
    this.count = 0
    if (most <= this.rows.length) return
    this.rows = new Int32Array(most * 2)
    this.records = new Int32Array(most * 2)
  }

  push(row: number, record: number): void {
    this.rows[this.count] = row
    this.records[this.count++] = record
  }
}

/** Hands records on one by one where they are rows. */
export function rowByRow(send: (taken: never) => void): (taken: unknown) => void {
  let one: StoredRows | undefined
  return (taken) => {
    if (!(taken instanceof StoredRows)) return send(taken as never)
    const { store, rows, records, count } = taken
    one ??= new StoredRows(store)
    for (let at = 0; at < count; at++) {
      one.open(store, 1)
      one.push(rows[at]!, records[at]!)
      send(one as never)
    }
  }
}

/** How many records stand behind what a node takes in. */
export const recordsIn = (taken: unknown): number => (taken instanceof StoredRows ? taken.count : 1)
