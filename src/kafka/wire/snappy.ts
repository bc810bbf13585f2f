const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const JAVA_HEADER_BYTES = 16
const COPY_1 = 1
const COPY_2 = 2
const MAX_BYTES = 2 ** 30

/**
 * Unpacks Snappy, in one block (librdkafka) or in the blocks that Java's producer frames.
 *
 * @throws Error where the bytes are no Snappy
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: Buffer): Buffer {
  if (!packed.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return unpackBlock(packed)
  const blocks: Buffer[] = []
  for (let at = JAVA_HEADER_BYTES; at < packed.length;) {
    const start = at + 4
    at = start + packed.readInt32BE(at)
    if (at > packed.length) throw damaged('a block is cut off')
    blocks.push(unpackBlock(packed.subarray(start, at)))
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)
}

function unpackBlock(packed: Buffer): Buffer {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = packed[at++]
    if (byte === undefined || shift > 28) throw damaged('its length is missing')
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (length > MAX_BYTES) throw damaged(`it announces ${length} bytes`)
  const out = Buffer.allocUnsafeSlow(length)
  let to = 0
  while (at < packed.length) {
    const tag = packed[at++]!
    const kind = tag & 3
    let size = tag >>> 2
    if (kind === 0) {
      if (size >= 60) {
        const bytes = size - 59
        size = packed.readUIntLE(at, bytes)
        at += bytes
      }
      size++
      if (at + size > packed.length || to + size > length) throw damaged('it ends too early')
      to += packed.copy(out, to, at, at + size)
      at += size
      continue
    }
    let back: number
    if (kind === COPY_1) {
      back = ((tag >>> 5) << 8) | packed.readUInt8(at)
      size = (size & 7) + 4
      at += 1
    } else {
      const bytes = kind === COPY_2 ? 2 : 4
      back = packed.readUIntLE(at, bytes)
      size++
      at += bytes
    }
    if (back === 0 || back > to || to + size > length) throw damaged('it points outside of itself')
    to = copyBack(out, to, back, size)
  }
  if (to !== length) throw damaged(`${length} bytes were announced, ${to} came out`)
  return out
}

/** Repeats what stands `back` bytes before: the copy may run into what it writes. */
export function copyBack(out: Buffer, to: number, back: number, size: number): number {
  if (back >= size) {
    out.copyWithin(to, to - back, to - back + size)
    return to + size
  }
  const end = to + size
  for (; to < end; to++) out[to] = out[to - back]!
  return end
}

const damaged = (why: string): Error => new Error(`not Snappy: ${why}`)
