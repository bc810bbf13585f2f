import type { Column } from '../../core/columns.ts'
import { compileFunction } from '../../core/compileFunction.ts'
import { SinkError } from '../../core/errors.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { columnBuffer, type ColumnBuffer, type ColumnChunk } from './columnBuffer.ts'

/** Rows of one file that were turned into columns, ready to be written. */
export interface FinishedRowGroup {
  readonly rows: number
  readonly chunks: readonly ColumnChunk[]
}

/** Takes rows one by one and turns them into compressed columns. */
export interface RowGroup {
  /** Throws SinkError SBX_ROW_VALUE where a value does not fit its column, naming both. */
  append(row: Readonly<Record<string, unknown>>): void
  /** Takes rows of a store, column by column. Throws as `append` does; of no use after that. */
  appendRows(store: RowStore, rows: Int32Array, count: number): void
  rows(): number
  /** Memory taken, in bytes. */
  heldBytes(): number
  /** Everything that was appended; ends the group's life. */
  finish(): FinishedRowGroup
}

type Row = Readonly<Record<string, unknown>>
type AppendRow = (row: Row) => void

/**
 * An empty row group.
 *
 * @param columns in the order in which the file has them
 */
export function rowGroup(columns: readonly Column[]): RowGroup {
  const buffers = columns.map(columnBuffer)
  const place = { at: 0 }
  const appendRow = rowAppender(columns)(buffers, place)
  let rows = 0
  const refusal = (cause: unknown): SinkError => {
    const { name, type } = columns[place.at]!
    return new SinkError(
      `a row does not fit the table: column ${name} is ${type}, and ${(cause as Error).message}. Validate rows with the table's own schema`,
      { code: 'SBX_ROW_VALUE', cause },
    )
  }
  return {
    append(row) {
      try {
        appendRow(row)
      } catch (cause) {
        throw refusal(cause)
      }
      rows++
    },
    appendRows(store, indexes, count) {
      try {
        for (place.at = 0; place.at < buffers.length; place.at++) {
          const cell = store.layout.cells.get(columns[place.at]!.name)!
          buffers[place.at]!.appendRows(store, cell, indexes, count)
        }
      } catch (cause) {
        // There is no memory for it, whatever the row is.
        throw cause instanceof RangeError ? cause : refusal(cause)
      }
      rows += count
    },
    rows: () => rows,
    heldBytes() {
      let bytes = 0
      for (const buffer of buffers) bytes += buffer.heldBytes()
      return bytes
    },
    finish: () => ({ rows, chunks: buffers.map((buffer) => buffer.finish()) }),
  }
}

/** Makes a row group's function that appends a row. `place.at` is the column that it is at. */
type BuildAppender = (buffers: readonly ColumnBuffer[], place: { at: number }) => AppendRow

/** One for all row groups of a table: V8 optimises it once. */
const appenders = new WeakMap<readonly Column[], BuildAppender>()

function rowAppender(columns: readonly Column[]): BuildAppender {
  let build = appenders.get(columns)
  if (build === undefined) appenders.set(columns, (build = compileAppender(columns)))
  return build
}

function compileAppender(columns: readonly Column[]): BuildAppender {
  const names = columns.map((_, at) => `const b${at} = buffers[${at}]`)
  const steps = columns.map(
    ({ name }, at) => `place.at = ${at}; b${at}.append(row[${JSON.stringify(name)}])`,
  )
  const body = `${names.join('\n')}\nreturn (row) => {\n${steps.join('\n')}\n}`
  return compileFunction<BuildAppender>(['buffers', 'place'], body) ?? loopingAppender(columns)
}

const loopingAppender =
  (columns: readonly Column[]): BuildAppender =>
  (buffers, place) =>
  (row) => {
    for (place.at = 0; place.at < buffers.length; place.at++) {
      buffers[place.at]!.append(row[columns[place.at]!.name])
    }
  }
