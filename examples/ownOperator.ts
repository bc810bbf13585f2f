// An operator of your own, written exactly as the library's are, and its test.
import assert from 'node:assert/strict'
import {
  defineTopology,
  memorySink,
  memorySource,
  type Rejected,
  type StatelessOperator,
} from '../src/index.ts'
import { quarantineTable } from '../src/parquet.ts'
import { testDriver } from '../src/testing/index.ts'

type Fields = Readonly<Record<string, string>>
const FIELD = /([^\s=]+)=(?:"([^"]*)"|(\S*))/g

/**
 * Reads a line of logfmt, `level=info msg="all is well"`, into its fields.
 *
 * **State** none. **Delivery** one record in, one out; a line without a field goes to the port `rejected`,
 * reason `broken_record`.
 */
export function decodeLogfmt(): StatelessOperator<Uint8Array, Fields, { rejected: Rejected }> {
  return Object.freeze({
    kind: 'operator',
    type: 'decodeLogfmt',
    state: 'none',
    expands: 'one',
    options: {},
    ports: ['rejected'],
    start: (): ReturnType<StatelessOperator<Uint8Array, Fields>['start']> => (line, outlet) => {
      const fields = Buffer.from(line).toString().matchAll(FIELD)
      const entries = Array.from(fields, ([, key = '', quoted, bare]) => [
        key,
        quoted ?? bare ?? '',
      ])
      if (entries.length > 0) outlet.emit(Object.fromEntries(entries) as Fields)
      else outlet.reject('broken_record', 'no field=value in the line')
    },
  })
}

const topology = defineTopology(
  'logs',
  { rejects: quarantineTable({ lake: 'memory:' }) },
  (flow) => {
    const lines = flow.source('lines', memorySource<Uint8Array>([]))
    return { lines, logs: lines.via('decode', decodeLogfmt()).to('logs', memorySink()) }
  },
)

const driver = testDriver(topology)
driver.pipe(topology.handles.lines, ['level=info msg="all is well"', '???'])
await driver.process()
assert.deepEqual(driver.read(topology.handles.logs), [{ level: 'info', msg: 'all is well' }])
assert.equal(driver.rejected()[0]?.reason, 'broken_record')
console.log('decodeLogfmt does what it says')
