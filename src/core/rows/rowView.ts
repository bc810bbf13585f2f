import { dayText } from '../timestamp.ts'
import { NO_TEXT, type RowStore } from './rowStore.ts'
import type { Cell, RowLayout } from './rowLayout.ts'

/** Looks at stored rows as at the records that they stand for. */
export interface RowView {
  /** The record of a row, valid until the next call: its fields are read from the store. */
  of(store: RowStore, row: number): Readonly<Record<string, unknown>>
}

/** One object for all rows of a layout, with a getter a column. */
function rowView(layout: RowLayout): RowView {
  let current: RowStore | undefined
  let at = 0
  const record = {}
  for (const [name, cell] of layout.cells) {
    const read = cellReader(layout, cell)
    const get = (): unknown => read(current!, at)
    Object.defineProperty(record, name, { enumerable: true, get })
  }
  return {
    of(store, row) {
      current = store
      at = row
      return record
    },
  }
}

const views = new WeakMap<RowLayout, RowView>()

/** The record of a stored row, valid until the next call for a row of this layout. */
export function viewOf(store: RowStore, row: number): Readonly<Record<string, unknown>> {
  const { layout } = store
  let view = views.get(layout)
  if (view === undefined) views.set(layout, (view = rowView(layout)))
  return view.of(store, row)
}

type CellReader = (store: RowStore, at: number) => unknown

function cellReader({ texts, numbers, lists }: RowLayout, cell: Cell): CellReader {
  if (cell.kind === 'constant') return () => cell.value
  const { slot } = cell
  switch (cell.kind) {
    case 'text':
      return (store, at) => {
        const place = (at * texts + slot) * 2
        const start = store.texts[place]!
        return start === NO_TEXT ? null : store.textAt(start, store.texts[place + 1]!)
      }
    case 'list':
      return (store, at) => {
        const place = (at * lists + slot) * 2
        const first = store.lists[place]!
        return Array.from({ length: store.lists[place + 1]! }, (_, item) =>
          store.textAt(store.items[(first + item) * 2]!, store.items[(first + item) * 2 + 1]!),
        )
      }
    case 'number':
      return (store, at) => orNull(store.numbers[at * numbers + slot]!)
    case 'flag':
      return (store, at) => {
        const flag = orNull(store.numbers[at * numbers + slot]!)
        return flag === null ? null : flag === 1
      }
    case 'day':
      return (store, at) => dayText(store.numbers[at * numbers + slot]!)
  }
}

/** NaN stands for null. */
const orNull = (value: number): number | null => (value !== value ? null : value)
