import type {
  InPlace,
  OnBytes,
  OperatorContext,
  Rejected,
  StatelessOperator,
} from '../core/unit.ts'
import { eachView } from './decode/eachView.ts'
import { BROKEN, readJson } from './decode/readJson.ts'
import { rowsFor } from './decode/rows/rowReader.ts'
import { readerOf } from './decode/schemaReader.ts'

/**
 * Parses the JSON of each record's bytes.
 *
 * Integers beyond 2^53 become bigint, every digit kept. Bytes that are not UTF-8 become U+FFFD, and the
 * record counts as repaired. A byte order mark is skipped. A key `__proto__` is a key like any other.
 * Right in front of `validate` it reads and checks at once what is written as the schema says.
 *
 * **State** none. **Delivery** one record in, one out; what isn't JSON goes to the port `rejected`, reason
 * `broken_record`.
 *
 * @example
 * ```ts
 * flow.source('tweets', kafkaSource({ brokers, topic, groupId })).via('decode', decodeJson())
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function decodeJson(): StatelessOperator<Uint8Array, unknown, { rejected: Rejected }> {
  const startInPlace = ({ check }: OperatorContext): InPlace<unknown> => {
    const reader = readerOf(check?.schema)
    const onBytes: OnBytes<unknown> = (bytes, start, end, outlet) => {
      const known = reader?.read(bytes, start, end)
      if (known !== undefined) {
        check!.pass(known)
        return
      }
      const value = readJson(bytes, start, end, outlet)
      if (value !== BROKEN) outlet.emit(value)
    }
    return { onBytes, onBatch: rowsFor(check?.schema, '', check?.rows) }
  }
  return Object.freeze({
    kind: 'operator',
    type: 'decodeJson',
    state: 'none',
    expands: 'one',
    options: Object.freeze({}),
    ports: Object.freeze(['rejected']),
    start: (context: OperatorContext) => eachView(context, startInPlace),
    startInPlace,
  })
}
