// Records of JSON or CSV into rows, and rows into pages of Parquet: the bytes of both lie in one memory, whose layout
// `src/core/rows/rowStore.ts` decides. Compiled by `npm run build:wasm`.
import { last, place as at } from './place'

export { readRows, rowsRead } from './readRow'
export { fingerprints } from './fingerprint'
export { textLevels, numberLevels, countOfListLevels, listLevels } from './levels'
export {
  sizeOfTexts,
  sizeOfLists,
  gatherTexts,
  gatherLists,
  gatherInt64,
  leastAt,
  leastLength,
  mostAt,
  mostLength,
  leastInt,
  mostInt,
} from './gather'

/** The first byte that is nobody's. */
export const FREE_AT: usize = 1024

export function place(
  program: usize,
  texts: usize,
  numbers: usize,
  lists: usize,
  textSlots: usize,
  numberSlots: usize,
  listSlots: usize,
): void {
  at.program = program
  at.texts = texts
  at.numbers = numbers
  at.lists = lists
  at.textSlots = textSlots
  at.numberSlots = numberSlots
  at.listSlots = listSlots
}

/** @param offsets - an f64 a record, or 0: then `firstOffset` plus the record's start, or its number if `isCounted` */
export function placeBatch(
  batch: usize,
  bounds: usize,
  offsets: usize,
  firstOffset: f64,
  isCounted: bool,
): void {
  at.batch = batch
  at.bounds = bounds
  at.offsets = offsets
  at.firstOffset = firstOffset
  at.isCounted = isCounted
}

/** @param used - bytes of items that are there already */
export function placeItems(from: usize, used: usize, end: usize): void {
  at.items = from
  at.itemKept = from + used
  at.itemsEnd = end
}

export function itemsUsed(): usize {
  return at.itemKept - at.items
}

export function placeExtra(from: usize, end: usize): void {
  at.extraKept = from
  at.extraEnd = end
}

export function about(ingestedAtUs: f64, prefix: usize, prefixLength: usize): void {
  at.ingestedAtUs = ingestedAtUs
  at.prefix = prefix
  at.prefixLength = prefixLength
}

export function keepNumber(value: f64): void {
  last.number = value
}
