import { offsetAt, type FramedBatch } from '../../../../src/core/framedBatch.ts'
import type { AnyProjection } from '../../../../src/core/projection/projection.ts'
import { RowStore } from '../../../../src/core/rows/rowStore.ts'
import { viewOf } from '../../../../src/core/rows/rowView.ts'
import { compileRowReader } from '../../../../src/operators/decode/rows/rowReader.ts'
import type { SchemaNode } from '../../../../src/operators/validate/schemaNode.ts'
import { envelopeOf } from '../../feed.ts'

interface Origin {
  readonly source: string
  readonly offset: number
  readonly ingestedAtMs: number
}

const ORIGIN: Origin = { source: 'a', offset: 7, ingestedAtMs: 5 }

/** Records one behind the other, as a batch of a source. */
export function batchOf(
  records: readonly Uint8Array[],
  { source, offset, ingestedAtMs }: Origin = ORIGIN,
): FramedBatch {
  const bounds = new Uint32Array(records.length * 2)
  let end = 0
  for (const [at, { length }] of records.entries()) {
    bounds[at * 2] = end
    bounds[at * 2 + 1] = end += length
  }
  const bytes = Buffer.concat(records)
  const place = { partition: 0, baseOffset: offset, framing: 'bounds' as const }
  return { batch: { ...place, source, ingestedAtMs, bytes, bounds }, bytes, bounds }
}

/** The envelope of a record of such a batch. */
export const envelopeIn = ({ batch, bounds }: FramedBatch, at: number) =>
  envelopeOf({
    ...{ source: batch.source, ingestedAtMs: batch.ingestedAtMs },
    offset: offsetAt(batch, bounds, at),
  })

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
    const batch = { ...batchOf([bytes]), bytes }
    store.open(bytes)
    const row = reader.read(store, batch, 0) === 1 ? { ...viewOf(store, 0) } : undefined
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    return row
  })
}
