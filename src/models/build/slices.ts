/** A part of a table: the rows whose key lies between two values, both of them in it. */
export interface Slice {
  readonly column: string
  /** As text: a whole number, or a date as ISO 8601. */
  readonly from: string
  readonly to: string
}

/** What a table has of one key. */
export interface KeyCount {
  readonly key: string
  readonly rows: number
}

/** A file that is cut along a key. */
export interface SlicedFile {
  readonly rows: number
  readonly slice?: Slice | undefined
}

/** A file takes keys until it has so many rows. */
export const SLICE_ROWS = 50_000

/** Orders whole numbers and dates that are given as text. */
export function compareKeys(one: string, other: string): number {
  const isNumber = /^-?\d+$/.test(one) && /^-?\d+$/.test(other)
  if (isNumber) return Number(one) - Number(other)
  return one < other ? -1 : one > other ? 1 : 0
}

const isIn = (key: string, { from, to }: Slice): boolean =>
  compareKeys(key, from) >= 0 && compareKeys(key, to) <= 0

/** Which files of a table change where the rows of some keys do. */
export function filesToRewrite<File extends SlicedFile>(
  files: readonly File[],
  changed: readonly string[],
): File[] {
  const sliced = files.filter((file) => file.slice !== undefined)
  const rewritten = new Set(files.filter((file) => file.slice === undefined))
  for (const key of changed) {
    const holder = sliced.find(({ slice }) => slice !== undefined && isIn(key, slice))
    // A key that no file has goes into the file before it, where that is not full.
    const before = sliced
      .filter(({ slice }) => slice !== undefined && compareKeys(slice.to, key) < 0)
      .sort((a, b) => compareKeys(b.slice?.to ?? '', a.slice?.to ?? ''))[0]
    if (holder !== undefined) rewritten.add(holder)
    else if (before !== undefined && before.rows < SLICE_ROWS) rewritten.add(before)
  }
  return [...rewritten]
}

/**
 * Cuts the keys of a table, given in their order, into slices of some rows each; none reaches over a
 * slice that stays as it is.
 */
export function packSlices(
  column: string,
  keys: readonly KeyCount[],
  kept: readonly Slice[] = [],
): Slice[] {
  const slices: { from: string; to: string; rows: number }[] = []
  for (const { key, rows } of keys) {
    const last = slices.at(-1)
    const isApart =
      last === undefined ||
      last.rows + rows > SLICE_ROWS ||
      kept.some(({ from }) => compareKeys(from, last.to) > 0 && compareKeys(from, key) < 0)
    if (isApart) slices.push({ from: key, to: key, rows })
    else Object.assign(last, { to: key, rows: last.rows + rows })
  }
  return slices.map(({ from, to }) => ({ column, from, to }))
}
