import type { Outlet, Rejected, StatelessOperator } from '../core/unit.ts'
import { BROKEN, readJson } from './decode/readJson.ts'

/**
 * Parses the JSON of each record's bytes.
 *
 * Integers beyond 2^53 become bigint, every digit kept. Bytes that are not UTF-8 become U+FFFD, and the
 * record counts as repaired. A byte order mark is skipped. A key `__proto__` is a key like any other.
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
  return Object.freeze({
    kind: 'operator',
    type: 'decodeJson',
    state: 'none',
    expands: 'one',
    options: Object.freeze({}),
    ports: Object.freeze(['rejected']),
    start: () => (bytes: Uint8Array, outlet: Outlet<unknown>) => {
      const value = readJson(bytes, outlet)
      if (value !== BROKEN) outlet.emit(value)
    },
  })
}
