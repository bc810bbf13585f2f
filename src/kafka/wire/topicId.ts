/** Which API, and since which version its answer names a topic's id (Kafka 2.8). */
export const METADATA = { apiKey: 3, apiVersion: 10, apiName: 'Metadata' } as const

const NO_TAGS = 0
const ID_BYTES = 16
const AUTHORIZED_OPERATIONS = 0

/**
 * Asks for one topic's metadata, version 10. The first byte ends the header, which has tagged fields in this
 * version and is written by a client that knows none.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Metadata
 */
export function encodeTopicIdRequest(topic: string): Buffer {
  const name = Buffer.from(topic)
  return Buffer.concat([
    Buffer.from([NO_TAGS]),
    varint(2),
    Buffer.alloc(ID_BYTES),
    varint(name.length + 1),
    name,
    // No tags; no creation of topics, nobody's rights; no tags.
    Buffer.from([NO_TAGS, 0, AUTHORIZED_OPERATIONS, AUTHORIZED_OPERATIONS, NO_TAGS]),
  ])
}

/**
 * The id that the broker gave the topic when it was made, as Kafka's own tools write it.
 *
 * @returns undefined where it has none: the topic is missing, or from before there were ids
 */
export function decodeTopicId(bytes: Buffer): string | undefined {
  let at = 0
  const count = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  /** Compact strings and arrays say one more than they hold; 0 is null. */
  const length = (): number => Math.max(count() - 1, 0)
  const skip = (size: number): void => {
    at += size
  }
  const skipText = (): void => skip(length())
  const skipTags = (): void => {
    for (let left = count(); left > 0; left--) {
      count()
      skip(count())
    }
  }

  skipTags() // of the header
  skip(4) // throttle time
  for (let brokers = length(); brokers > 0; brokers--) {
    skip(4) // id
    skipText() // host
    skip(4) // port
    skipText() // rack
    skipTags()
  }
  skipText() // cluster id
  skip(4) // controller
  if (length() === 0) return undefined
  const error = bytes.readInt16BE(at)
  skip(2)
  skipText() // name
  const id = bytes.subarray(at, at + ID_BYTES)
  return error !== 0 || id.every((byte) => byte === 0) ? undefined : id.toString('base64url')
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80)
  return Buffer.from([...bytes, left])
}
