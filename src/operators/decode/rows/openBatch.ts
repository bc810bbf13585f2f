import { isUtf8 } from 'node:buffer'
import type { Envelope } from '../../../core/record.ts'
import { jsonScan, type JsonScan } from '../jsonScan.ts'

/** The batch whose records are read into rows, and what was read of them last. */
export interface OpenBatch {
  bytes: Buffer | undefined
  view: DataView
  /** Whether all of it is UTF-8. */
  isText: boolean
  ingestedAtUs: number
  /** Of the record. */
  offset: number
  /** What a source position begins with. */
  prefix: Uint8Array
  /** The number, time (µs) or boolean (1, 0) that was read last. */
  number: number
  /** Where the text is that was read last, and how long it is: see `RowStore`. */
  start: number
  length: number
  /** For values that are read as objects. */
  readonly scan: JsonScan
}

const NOTHING = new Uint8Array(0)

export const closedBatch = (): OpenBatch => ({
  bytes: undefined,
  view: new DataView(NOTHING.buffer),
  isText: false,
  ingestedAtUs: 0,
  offset: 0,
  prefix: NOTHING,
  number: NaN,
  start: 0,
  length: 0,
  scan: jsonScan(),
})

/** Goes to the batch that the record with this envelope belongs to. */
export function openBatch(batch: OpenBatch, bytes: Buffer, envelope: Envelope): void {
  batch.bytes = bytes
  batch.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  batch.isText = isUtf8(bytes)
  batch.ingestedAtUs = envelope.ingestedAtMs * 1000
  batch.prefix = Buffer.from(`${envelope.source}:`)
}
