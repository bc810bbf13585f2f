import type { Column } from '../../core/columns.ts'
import { loadArrowParquet } from '../delta/arrowParquet.ts'
import { arrowValues } from './arrowValues.ts'

type Row = Record<string, unknown>

/** Rows that are decoded at once. */
const SLICE_ROWS = 16_384
const BATCH_ROWS = 2048

/**
 * The rows of a Parquet file, whoever wrote it, as the writers of this library take them. A column that the
 * file does not have is null in every row.
 *
 * **State** the file, and the columns of 16,384 rows.
 *
 * @param bytes the whole file
 * @param columns that are wanted
 * @returns some rows at a time; each row is one and the same object, filled anew
 * @throws Error where it is no Parquet file, or a column is of another type
 */
export async function* readRows(
  bytes: Uint8Array,
  columns: readonly Column[],
): AsyncGenerator<Iterable<Readonly<Row>>, void> {
  const { arrow, parquet } = await loadArrowParquet()
  for (let offset = 0; ; offset += SLICE_ROWS) {
    const options = { batchSize: BATCH_ROWS, limit: SLICE_ROWS, offset }
    const stream = parquet.readParquet(bytes, options).intoIPCStream()
    let found = 0
    for (const batch of arrow.RecordBatchReader.from(stream)) {
      found += batch.numRows
      const values = columns.map((column) => arrowValues(column, batch.getChild(column.name)))
      yield rowsOf(columns, values, batch.numRows)
    }
    if (found < SLICE_ROWS) return
  }
}

function* rowsOf(
  columns: readonly Column[],
  values: readonly ((row: number) => unknown)[],
  count: number,
): Generator<Row, void> {
  const row: Row = {}
  for (let at = 0; at < count; at++) {
    for (let index = 0; index < columns.length; index++) {
      row[columns[index]!.name] = values[index]!(at)
    }
    yield row
  }
}
