import { readLong } from './readLong.ts'

/** A transaction that was given up: its records are no records. */
export interface AbortedTransaction {
  readonly producerId: number
  /** Of its first record. */
  readonly firstOffset: number
}

/** What a broker answered for one partition. */
export interface FetchedPartition {
  readonly partition: number
  /** 0, or one of Kafka's error codes. */
  readonly error: number
  /** In order of their first offsets. */
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, the last one possibly cut off. A view of the whole answer: copy what is kept. */
  readonly records: Buffer
}

export interface FetchResponse {
  /** How long the broker wants to be left alone, ms. */
  readonly throttleMs: number
  /** 0, or an error of the request as a whole. */
  readonly error: number
  readonly partitions: readonly FetchedPartition[]
}

const NOTHING = Buffer.alloc(0)

/** Takes the answer to a Fetch request of version 10 apart, without a copy. */
export function decodeFetchResponse(bytes: Buffer): FetchResponse {
  let at = 0
  const int32 = (): number => {
    at += 4
    return bytes.readInt32BE(at - 4)
  }
  const int16 = (): number => {
    at += 2
    return bytes.readInt16BE(at - 2)
  }
  const long = (): number => {
    at += 8
    return readLong(bytes, at - 8)
  }

  const throttleMs = int32()
  const error = int16()
  at += 4 // session
  const partitions: FetchedPartition[] = []
  for (let topics = int32(); topics > 0; topics--) {
    const name = int16()
    at += name
    for (let left = int32(); left > 0; left--) {
      const partition = int32()
      const partitionError = int16()
      at += 8 + 8 + 8 // high watermark, last stable offset, log start
      const aborted: AbortedTransaction[] = []
      for (let count = int32(); count > 0; count--) {
        aborted.push({ producerId: long(), firstOffset: long() })
      }
      const length = int32()
      const records = length > 0 ? bytes.subarray(at, at + length) : NOTHING
      at += Math.max(length, 0)
      partitions.push({ partition, error: partitionError, aborted, records })
    }
  }
  return { throttleMs, error, partitions }
}
