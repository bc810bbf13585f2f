import { readLong } from './readLong.ts'

/** What stands before the records of one record batch. */
export interface BatchHeader {
  /** Offset that the records' deltas count from. */
  readonly baseOffset: number
  /** Behind the last offset that it ever had: compaction may have taken the records before it. */
  readonly nextOffset: number
  /** Where the records begin, and where the batch ends, in the bytes. */
  readonly recordsAt: number
  readonly end: number
  readonly records: number
  /** Number of the compression, 0 for none. */
  readonly codec: number
  readonly isControl: boolean
  /** -1 where the producer has none. */
  readonly producerId: number
  readonly isTransactional: boolean
}

/** Version of the format that Kafka has written since 0.11. */
export const MAGIC = 2

const SIZE_AT = 8
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const LAST_DELTA_AT = 23
const PRODUCER_AT = 43
const COUNT_AT = 57
const RECORDS_AT = 61
const CODEC = 0x07
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** The format of the batch at `at`, or undefined where it is cut off before that is told. */
export function magicAt(bytes: Buffer, at: number): number | undefined {
  return bytes[at + MAGIC_AT]
}

/** Reads the header of the batch at `at`, or nothing where the batch is cut off. */
export function readBatchHeader(bytes: Buffer, at: number): BatchHeader | undefined {
  if (at + RECORDS_AT > bytes.length) return undefined
  const end = at + SIZE_AT + 4 + bytes.readInt32BE(at + SIZE_AT)
  if (end > bytes.length) return undefined
  const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT)
  const baseOffset = readLong(bytes, at)
  return {
    baseOffset,
    nextOffset: baseOffset + bytes.readInt32BE(at + LAST_DELTA_AT) + 1,
    recordsAt: at + RECORDS_AT,
    end,
    records: bytes.readInt32BE(at + COUNT_AT),
    codec: attributes & CODEC,
    isControl: (attributes & CONTROL) !== 0,
    producerId: readLong(bytes, at + PRODUCER_AT),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
  }
}
