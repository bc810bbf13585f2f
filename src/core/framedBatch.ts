import type { SourceBatch } from './source.ts'

/** A batch of bytes, and where its records lie in them. */
export interface FramedBatch {
  readonly batch: SourceBatch
  /** `batch.bytes`. */
  readonly bytes: Buffer
  /** Start and end of each record, in pairs. */
  readonly bounds: Uint32Array
}

/** Where a record of a batch stands in its source. */
export function offsetAt(
  { offsets, framing, baseOffset }: SourceBatch,
  bounds: Uint32Array | undefined,
  index: number,
): number {
  if (offsets !== undefined) return offsets[index]!
  const isCounted = bounds === undefined || framing === 'bounds'
  return baseOffset + (isCounted ? index : bounds[index * 2]!)
}
