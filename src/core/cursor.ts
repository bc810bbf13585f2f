import { offsetAt } from './framedBatch.ts'
import type { Envelope, SourceBatch } from './unit.ts'

/** The one envelope of a chain, moved from record to record. */
export interface Cursor extends Envelope {
  /** Goes to a batch whose records lie at these bounds in its bytes. */
  open(batch: SourceBatch, bounds: Uint32Array | undefined): void
  /** Number of the record in the open batch. */
  readonly index: number
  /** Goes to record `index` of the open batch. */
  at(index: number): void
}

const NOTHING = new Uint8Array(0)

export function cursor(): Cursor {
  let batch: SourceBatch = { partition: 0, source: '', ingestedAtMs: 0, baseOffset: 0 }
  let bytes: Buffer | undefined
  let bounds: Uint32Array | undefined
  let index = 0
  return {
    get source() {
      return batch.source
    },
    get ingestedAtMs() {
      return batch.ingestedAtMs
    },
    get shape() {
      return batch.shape ?? ''
    },
    get header() {
      return batch.header
    },
    get offset() {
      return offsetAt(batch, bounds, index)
    },
    get index() {
      return index
    },
    raw() {
      if (bytes === undefined || bounds === undefined) return NOTHING
      return bytes.subarray(bounds[index * 2], bounds[index * 2 + 1])
    },
    open(next, nextBounds) {
      batch = next
      bounds = nextBounds
      index = 0
      bytes =
        next.bytes === undefined
          ? undefined
          : Buffer.from(next.bytes.buffer, next.bytes.byteOffset, next.bytes.byteLength)
    },
    at(next) {
      index = next
    },
  }
}
