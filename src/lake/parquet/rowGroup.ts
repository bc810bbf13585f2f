import type { Column } from '../../core/columns.ts'
import { SinkError } from '../../core/errors.ts'
import { columnBuffer, type ColumnChunk } from './columnBuffer.ts'

/** Rows of one file that were turned into columns, ready to be written. */
export interface FinishedRowGroup {
  readonly rows: number
  readonly chunks: readonly ColumnChunk[]
}

/** Takes rows one by one and turns them into compressed columns. */
export interface RowGroup {
  /** Throws SinkError SBX_ROW_VALUE where a value does not fit its column, naming both. */
  append(row: Readonly<Record<string, unknown>>): void
  rows(): number
  /** Memory taken, in bytes. */
  heldBytes(): number
  /** Everything that was appended; ends the group's life. */
  finish(): FinishedRowGroup
}

/**
 * An empty row group.
 *
 * @param columns in the order in which the file has them
 */
export function rowGroup(columns: readonly Column[]): RowGroup {
  const names = columns.map((column) => column.name)
  const buffers = columns.map(columnBuffer)
  let rows = 0
  return {
    append(row) {
      let at = 0
      try {
        for (; at < buffers.length; at++) buffers[at]!.append(row[names[at]!])
      } catch (cause) {
        const { name, type } = columns[at]!
        throw new SinkError(
          `a row does not fit the table: column ${name} is ${type}, and ${(cause as Error).message}. Validate rows with the table's own schema`,
          { code: 'SBX_ROW_VALUE', cause },
        )
      }
      rows++
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
