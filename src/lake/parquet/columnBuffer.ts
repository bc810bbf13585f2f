import { giveBuffer, growBuffer, takeBuffer } from '../../core/bufferPool.ts'
import type { Column, ColumnType } from '../../core/columns.ts'
import type { Cell, SlotCell } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { columnDictionary } from './columnDictionary.ts'
import { encodeLevels } from './levels.ts'
import { dataPage, type Page, type PageSizes } from './page.ts'
import type { Bound, Bounds } from './valueBuffer.ts'
import { valuesOf } from './values.ts'

/** One column of one row group, ready to be written, or with its pages' sizes alone. */
export interface ColumnChunk<P extends PageSizes = Page> {
  readonly column: Column
  readonly pages: readonly P[]
  /** Whether the first of the pages is a dictionary. */
  readonly hasDictionary: boolean
  /** Nulls and empty lists included. */
  readonly values: number
  /** Rows that are null. */
  readonly nulls: number
  readonly bounds: Bounds | undefined
}

/** One column of the row group that is being filled. Full pages are compressed at once. */
export interface ColumnBuffer {
  /** Throws a TypeError that says what the value is not. */
  append(value: unknown): void
  /** Takes what a cell has in some rows of a store. Throws as `append` does. */
  appendRows(store: RowStore, cell: Cell, rows: Int32Array, count: number): void
  /** Memory taken, in bytes. */
  heldBytes(): number
  /** The chunk of everything that was appended; ends the buffer's life. */
  finish(): ColumnChunk
}

/** A page is full at so many bytes: large enough for zstd, small enough to stay in the cache. */
const PAGE_BYTES = 512 << 10
/** Lists may be empty, and nulls take no bytes: a page also ends at so many values. */
const PAGE_VALUES = 1 << 17
/** What the last page of a column was compressed to, of 1: the next one needs about as much. */
const ratios = new WeakMap<Column, number>()

/** An empty buffer for a column. */
export function columnBuffer(column: Column): ColumnBuffer {
  const values = valuesOf(column.type)
  const isList = column.type === 'list<string>'
  const highest = (column.nullable ? 1 : 0) + (isList ? 1 : 0)
  const defined = levelBuffer(highest)
  const repeated = levelBuffer(0)
  const pages: Page[] = []
  const dictionary = isList || column.type === 'string' ? columnDictionary() : undefined
  let heldPages = 0
  let total = 0
  let nulls = 0
  let bounds: Bounds | undefined
  let unordered = false

  const endPage = (): void => {
    const count = defined.count()
    const numbers = dictionary?.encode(values.view())
    const body = numbers === undefined ? [values.view()] : [...numbers]
    if (highest > 0) body.unshift(encodeLevels(defined.levels(), count, highest === 2 ? 2 : 1))
    if (isList) body.unshift(encodeLevels(repeated.levels(), count, 1))
    const found = isList ? undefined : values.bounds()
    if (found === undefined) unordered ||= values.view().length > 0
    else bounds = bounds === undefined ? found : widen(bounds, found)
    const page = dataPage(body, count, ratios.get(column) ?? 0.5, numbers !== undefined)
    ratios.set(column, page.bytes / page.rawBytes)
    pages.push(page)
    heldPages += page.bytes
    total += count
    values.clear()
    defined.clear()
    repeated.clear()
  }

  const appendList = (value: unknown): number => {
    if (!Array.isArray(value)) throw new TypeError('it is no array')
    let size = 0
    for (let i = 0; i < value.length; i++) {
      size = values.append(value[i])
      defined.push(highest)
      repeated.push(i === 0 ? 0 : 1)
    }
    if (value.length === 0) {
      defined.push(highest - 1)
      repeated.push(0)
    }
    return size
  }

  const append = (value: unknown): void => {
    let size = 0
    if (value === null || value === undefined) {
      if (!column.nullable) throw new TypeError(`${value} is not allowed here`)
      nulls++
      defined.push(0)
      if (isList) repeated.push(0)
    } else if (isList) size = appendList(value)
    else {
      size = values.append(value)
      defined.push(highest)
    }
    if (size >= PAGE_BYTES || defined.count() >= PAGE_VALUES) endPage()
  }

  /** Those of some rows that are not null; the levels of all of them are written. */
  const definedRows = (
    store: RowStore,
    cell: SlotCell,
    rows: Int32Array,
    count: number,
  ): Int32Array => {
    if (!cell.mayBeNull) {
      defined.pushMany(highest, count)
      return rows.subarray(0, count)
    }
    const kind = cell.kind === 'text' ? 'text' : 'number'
    const kept = store.columns.present(kind, cell.slot, rows, count)
    if (kept.length === count) defined.pushMany(highest, count)
    else {
      if (!column.nullable) throw new TypeError('null is not allowed here')
      defined.pushBytes(store.memory, store.columns.at, count)
      nulls += count - kept.length
    }
    return kept
  }

  const appendLists = (
    store: RowStore,
    cell: SlotCell,
    rows: Int32Array,
    count: number,
  ): number => {
    const levels = store.columns.listLevels(cell.slot, rows, count, highest)
    defined.pushBytes(store.memory, store.columns.at, levels)
    repeated.pushBytes(store.memory, store.columns.at + levels, levels)
    return values.appendRows(store, cell, rows, count)
  }

  return {
    append,
    appendRows(store, cell, rows, count) {
      if (cell.kind === 'constant') {
        for (let i = 0; i < count; i++) append(cell.value)
        return
      }
      const before = values.view().length
      let size: number
      if (isList) size = appendLists(store, cell, rows, count)
      else {
        const kept = definedRows(store, cell, rows, count)
        size = values.appendRows(store, cell, kept, kept.length)
      }
      // The next batch will bring as much: a page must not take twice the memory for its last few rows.
      const isFull = size + (size - before) > PAGE_BYTES
      if (isFull || defined.count() >= PAGE_VALUES) endPage()
    },
    heldBytes() {
      const levels = defined.capacity() + repeated.capacity()
      return values.capacity() + levels + heldPages + (dictionary?.heldBytes() ?? 0)
    },
    finish() {
      if (defined.count() > 0) endPage()
      values.release()
      const first = dictionary?.page()
      if (first !== undefined) pages.unshift(first)
      const hasDictionary = first !== undefined
      const found = unordered ? undefined : bounds
      return { column, pages, hasDictionary, values: total, nulls, bounds: found }
    },
  }
}

/** What both ranges span. */
export function widen(a: Bounds, b: Bounds): Bounds {
  return {
    min: compareBounds(b.min, a.min) < 0 ? b.min : a.min,
    max: compareBounds(b.max, a.max) > 0 ? b.max : a.max,
  }
}

function compareBounds(a: Bound, b: Bound): number {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return Buffer.compare(a as Uint8Array, b as Uint8Array)
  }
  return a < b ? -1 : a > b ? 1 : 0
}

/** Which cells' values a column of a type takes. */
const KINDS: Readonly<Record<ColumnType, Cell['kind'] | undefined>> = {
  string: 'text',
  'list<string>': 'list',
  binary: undefined,
  boolean: 'flag',
  double: 'number',
  int32: 'number',
  int64: 'number',
  date: 'day',
  timestamp: 'number',
}

/** Whether a column can take the values of a cell from stored rows. */
export const fitsColumn = (cell: Cell | undefined, { type }: Column): boolean =>
  cell !== undefined && (cell.kind === 'constant' || cell.kind === KINDS[type])

/** Levels of a page; takes no memory as long as all of them are `usual` and come one by one. */
function levelBuffer(usual: number) {
  let count = 0
  let bytes: Buffer | undefined
  return {
    push(level: number): void {
      if (bytes === undefined) {
        if (level === usual) {
          count++
          return
        }
        bytes = takeBuffer(count * 2).fill(usual, 0, count)
      } else if (count === bytes.length) bytes = growBuffer(bytes, count * 2, count)
      bytes[count++] = level
    },
    pushMany(level: number, times: number): void {
      if (bytes === undefined && level === usual) count += times
      else for (let i = 0; i < times; i++) this.push(level)
    },
    /** Takes levels that are bytes. */
    pushBytes(from: Buffer, at: number, more: number): void {
      bytes ??= takeBuffer(count + more).fill(usual, 0, count)
      if (count + more > bytes.length) bytes = growBuffer(bytes, count + more, count)
      from.copy(bytes, count, at, at + more)
      count += more
    },
    count: () => count,
    levels: (): Uint8Array | number => bytes ?? usual,
    clear(): void {
      count = 0
      if (bytes !== undefined) giveBuffer(bytes)
      bytes = undefined
    },
    capacity: () => bytes?.length ?? 0,
  }
}
