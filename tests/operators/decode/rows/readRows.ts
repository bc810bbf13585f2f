import type { AnyProjection } from '../../../../src/core/projection/projection.ts'
import { RowStore } from '../../../../src/core/rows/rowStore.ts'
import { viewOf } from '../../../../src/core/rows/rowView.ts'
import { compileRowReader } from '../../../../src/operators/decode/rows/rowReader.ts'
import type { SchemaNode } from '../../../../src/operators/validate/schemaNode.ts'
import { envelopeOf } from '../../feed.ts'

const envelope = envelopeOf({ source: 'a', offset: 7, ingestedAtMs: 5 })

/**
 * Reads records, each as a batch of its own whose memory is somebody else's afterwards: their rows, undefined
 * for those that are left to others.
 */
export function readRows(
  schema: unknown,
  projection: AnyProjection,
  records: readonly string[],
): unknown[] {
  const reader = compileRowReader(schema as SchemaNode, projection)!
  const store = new RowStore(reader.layout)
  return records.map((json) => {
    const bytes = Buffer.from(new TextEncoder().encode(json).buffer)
    store.open(bytes)
    const isRead = reader.read(store, 0, bytes.length, envelope)
    const row = isRead ? { ...viewOf(store.push()) } : undefined
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    return row
  })
}
