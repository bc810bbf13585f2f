// Which rows have what, as Parquet's levels say it: a byte each.
import { behindItems, firstItem, inRow, NO_TEXT, place, rowsEnd } from './place'

/**
 * Writes a 1 for each row that has a text in a slot, a 0 for the others, and the numbers of the former one behind the
 * other to `kept`.
 *
 * @returns how many have one
 */
export function textLevels(
  rows: usize,
  count: usize,
  slot: usize,
  levels: usize,
  kept: usize,
): usize {
  const first = kept
  for (let row = rows; row < rowsEnd(rows, count); row += 4, levels++) {
    const has = load<u32>(inRow(place.texts, place.textSlots, row, slot)) != NO_TEXT
    kept = keep(row, has, levels, kept)
  }
  return (kept - first) >> 2
}

/** The same of numbers: NaN is none. */
export function numberLevels(
  rows: usize,
  count: usize,
  slot: usize,
  levels: usize,
  kept: usize,
): usize {
  const first = kept
  for (let row = rows; row < rowsEnd(rows, count); row += 4, levels++) {
    const value = load<f64>(inRow(place.numbers, place.numberSlots, row, slot))
    const has = value == value
    kept = keep(row, has, levels, kept)
  }
  return (kept - first) >> 2
}

/** Notes whether a row has something; the place behind the last number that was kept. */
function keep(row: usize, has: bool, level: usize, kept: usize): usize {
  store<u8>(level, u8(has))
  store<u32>(kept, load<u32>(row))
  return kept + (usize(has) << 2)
}

/** How many levels the lists in a slot of some rows have: one an item, and one of an empty list. */
export function countOfListLevels(rows: usize, count: usize, slot: usize): usize {
  let levels: usize = 0
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    levels += max(load<u32>(inRow(place.lists, place.listSlots, row, slot), 4), 1)
  }
  return levels
}

/** Writes their definition levels, `highest` for an item and one less for an empty list, and repetition levels. */
export function listLevels(
  rows: usize,
  count: usize,
  slot: usize,
  highest: u32,
  defined: usize,
  repeated: usize,
): void {
  for (let row = rows; row < rowsEnd(rows, count); row += 4) {
    const list = inRow(place.lists, place.listSlots, row, slot)
    const first = firstItem(list)
    store<u8>(defined++, highest - u32(behindItems(list) == first))
    store<u8>(repeated++, 0)
    for (let item = first + 8; item < behindItems(list); item += 8) {
      store<u8>(defined++, highest)
      store<u8>(repeated++, 1)
    }
  }
}
