/** What lies where in this memory; `src/core/rows/rowStore.ts` says so. */
export namespace place {
  /** The batch, and where each of its records starts and ends in it. */
  export let batch: usize = 0
  export let bounds: usize = 0
  /** Offsets of the records in the source, or how they follow: see `placeBatch`. */
  export let offsets: usize = 0
  export let firstOffset: f64 = 0
  export let isCounted: bool = false

  /** The steps of `readRow`. */
  export let program: usize = 0
  /** By row and slot: start and length of a text, a number, the first item of a list and how many there are. */
  export let texts: usize = 0
  export let numbers: usize = 0
  export let lists: usize = 0
  /** How many slots a row has of each. */
  export let textSlots: usize = 0
  export let numberSlots: usize = 0
  export let listSlots: usize = 0

  /** Start and length of each item of a list, up to `itemsEnd`; the next goes to `item`. */
  export let items: usize = 0
  export let item: usize = 0
  /** Up to here they are rows' that were read. */
  export let itemKept: usize = 0
  export let itemsEnd: usize = 0

  /** Where the next text goes that has to be made, up to `extraEnd`. */
  export let extra: usize = 0
  export let extraKept: usize = 0
  export let extraEnd: usize = 0

  /** What all rows of a batch have in common: the time in µs, and what a source position begins with. */
  export let ingestedAtUs: f64 = 0
  export let prefix: usize = 0
  export let prefixLength: usize = 0
}

/** What was read last. */
export namespace last {
  export let number: f64 = 0
  /** A text. */
  export let start: usize = 0
  export let length: usize = 0
}

/** In place of the place behind what was read: it can't be read here, or there is too little room. */
export const REFUSED: usize = 0
export const EXTRA_FULL: usize = 1
export const ITEMS_FULL: usize = 2

/** Whole numbers up to it are exact as numbers. */
export const MOST_SAFE: f64 = 9_007_199_254_740_991

export function isPlace(at: usize): bool {
  return at > ITEMS_FULL
}

/** In place of a start: there is no text. */
export const NO_TEXT: u32 = 0xffff_ffff

/** The end of the numbers of rows. */
export function rowsEnd(rows: usize, count: usize): usize {
  return rows + count * 4
}

/** The place of what a row has in a slot. */
export function inRow(column: usize, slots: usize, row: usize, slot: usize): usize {
  return column + (<usize>load<u32>(row) * slots + slot) * 8
}

export function firstItem(list: usize): usize {
  return place.items + <usize>load<u32>(list) * 8
}

export function behindItems(list: usize): usize {
  return firstItem(list) + <usize>load<u32>(list, 4) * 8
}
