/** One partition that is asked for, and from where on. */
export interface FetchTarget {
  readonly partition: number
  /** Next offset to read. */
  readonly offset: number
}

export interface FetchRequest {
  readonly topic: string
  /** In this order the broker fills its answer: the first one with data gets at least one whole batch. */
  readonly targets: readonly FetchTarget[]
  /** How long the broker may wait for data, ms. */
  readonly maxWaitMs: number
  /** Upper bound of the answer and of each partition's share, bytes; one larger record batch may exceed them. */
  readonly maxBytes: number
  readonly partitionBytes: number
}

const READ_COMMITTED = 1
const NO_SESSION = -1
const UNKNOWN = -1
const HEADER_BYTES = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 2 + 4
const TARGET_BYTES = 4 + 4 + 8 + 8 + 4
const FORGOTTEN_BYTES = 4

/**
 * The body of a Fetch request, version 10 (Kafka 2.1 and later, without sessions).
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Fetch
 */
export function encodeFetchRequest(request: FetchRequest): Buffer {
  const { topic, targets, maxWaitMs, maxBytes, partitionBytes } = request
  const name = Buffer.from(topic)
  const body = Buffer.alloc(
    HEADER_BYTES + name.length + targets.length * TARGET_BYTES + FORGOTTEN_BYTES,
  )
  let at = body.writeInt32BE(UNKNOWN, 0)
  at = body.writeInt32BE(maxWaitMs, at)
  at = body.writeInt32BE(1, at)
  at = body.writeInt32BE(maxBytes, at)
  at = body.writeInt8(READ_COMMITTED, at)
  at = body.writeInt32BE(0, at)
  at = body.writeInt32BE(NO_SESSION, at)
  at = body.writeInt32BE(1, at)
  at = body.writeInt16BE(name.length, at)
  at += name.copy(body, at)
  at = body.writeInt32BE(targets.length, at)
  for (const { partition, offset } of targets) {
    at = body.writeInt32BE(partition, at)
    at = body.writeInt32BE(UNKNOWN, at)
    at = body.writeBigInt64BE(BigInt(offset), at)
    at = body.writeBigInt64BE(BigInt(UNKNOWN), at)
    at = body.writeInt32BE(partitionBytes, at)
  }
  body.writeInt32BE(0, at)
  return body
}
