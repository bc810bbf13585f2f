import type { InPlace, OperatorContext, Rejected, StatelessOperator } from '../core/unit.ts'
import { eachView } from './decode/eachView.ts'
import { readRow, type Row } from './decode/readRow.ts'
import { compileCsvRowReader, rowsFor } from './decode/rows/rowReader.ts'

/**
 * Turns each CSV row's bytes into an object of strings, by the header of the file that it is from: files
 * may have their columns in any order.
 *
 * Bytes that are not UTF-8 become U+FFFD, and the record counts as repaired. Nothing is trimmed or
 * guessed: an empty field is `''`, a number is its digits. The objects inherit nothing, so that a column
 * may have any name. Where `validate` and `project` follow, none is made of rows that can be copied into columns.
 *
 * **State** none. **Delivery** one record in, one out; a row without exactly the header's fields, with an
 * open quote or with text behind a closing one goes to the port `rejected`, reason `broken_record`.
 *
 * @throws OperatorError `SBX_OPERATOR_THREW` where the source gives no header.
 * @example
 * ```ts
 * videos.via('decode', decodeCsv()).via('long', filter((row) => Number(row['duration_s']) > 600))
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function decodeCsv(): StatelessOperator<Uint8Array, Row, { rejected: Rejected }> {
  const startInPlace = ({ check }: OperatorContext): InPlace<Row> => ({
    onBytes(bytes, start, end, outlet, envelope) {
      const row = readRow(bytes.subarray(start, end), outlet, envelope)
      if (row !== undefined) outlet.emit(row)
    },
    onBatch: rowsFor(check?.schema, '', check?.rows, compileCsvRowReader),
  })
  return Object.freeze({
    kind: 'operator',
    type: 'decodeCsv',
    state: 'none',
    expands: 'one',
    options: Object.freeze({}),
    ports: Object.freeze(['rejected']),
    start: (context: OperatorContext) => eachView(context, startInPlace),
    startInPlace,
  })
}
