import { giveBuffer, takeBuffer } from '../../core/bufferPool.ts'
import type { SourceReject, SpecialValue } from '../../core/unit.ts'

/** The records of one batch, unpacked, and how far they are read. */
export interface OpenRecords {
  readonly bytes: Buffer
  readonly baseOffset: number
  /** Where the next record begins. */
  at: number
  /** How many are left. */
  left: number
}

/** Values as they are handed over, in one buffer. */
export interface Values {
  readonly bytes: Uint8Array
  /** Nobody else looks into its buffer. */
  readonly owned: true
  readonly bounds: Uint32Array
  readonly baseOffset: number
  /** Absent where offsets are consecutive. */
  readonly offsets?: Float64Array
  readonly special: readonly SpecialValue[]
}

/** Gathers records up to a number of bytes; a value's bytes are not touched one by one. */
export interface ValueList {
  readonly count: number
  /** What was gathered, other parts of the records included. */
  readonly bytes: number
  /** A record that was met and is too long: nothing is taken behind it. */
  readonly oversized: SourceReject | undefined
  /**
   * Takes records from offset `from` to before `until`, while there is room. Returns the next offset.
   *
   * @throws Error where the records are damaged
   */
  take(records: OpenRecords, from: number, until: number): number
  /** @param isFree - whether a buffer of records may be given away, since nobody reads on in it */
  finish(isFree: (bytes: Buffer) => boolean): Values
}

/** A piece of a buffer; `shift` is what its places move by when all pieces stand in one buffer. */
interface Piece {
  readonly bytes: Buffer
  readonly from: number
  to: number
  readonly shift: number
}

/** Where lists note what they gather: one after the other may use the same. */
export interface ValueRoom {
  bounds: Uint32Array
  offsets: Float64Array
}

const FIRST_ROOM = 1024
const CONTINUES = 0x80

export const valueRoom = (): ValueRoom => ({
  bounds: new Uint32Array(FIRST_ROOM * 2),
  offsets: new Float64Array(FIRST_ROOM),
})

export function valueList(
  maxBytes: number,
  maxRecordBytes: number,
  room: ValueRoom = valueRoom(),
): ValueList {
  const pieces: Piece[] = []
  const special: SpecialValue[] = []
  let { bounds, offsets } = room
  let count = 0
  let gathered = 0
  let oversized: SourceReject | undefined

  // One place in one buffer, for all that reads a record.
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0

  const varint = (): number => {
    let byte = bytes[at++]!
    let value = byte & 0x7f
    for (let shift = 7; byte >= CONTINUES; shift += 7) {
      if (shift > 28) throw new Error('a number is too long')
      byte = bytes[at++]!
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }
  const slice = (): Uint8Array | null => {
    const length = varint()
    if (length < 0) return null
    at += length
    return new Uint8Array(bytes.subarray(at - length, at))
  }
  const grow = (): void => {
    const largerBounds = new Uint32Array(bounds.length * 2)
    largerBounds.set(bounds)
    bounds = largerBounds
    const largerOffsets = new Float64Array(offsets.length * 2)
    largerOffsets.set(offsets)
    offsets = largerOffsets
    Object.assign(room, { bounds, offsets })
  }
  const pieceOf = (records: OpenRecords): Piece => {
    const last = pieces.at(-1)
    if (last?.bytes === records.bytes) return last
    const piece = { bytes, from: records.at, to: records.at, shift: gathered - records.at }
    pieces.push(piece)
    return piece
  }

  return {
    get count() {
      return count
    },
    get bytes() {
      return gathered
    },
    get oversized() {
      return oversized
    },

    take(records, from, until) {
      bytes = records.bytes
      const piece = pieceOf(records)
      const { shift } = piece
      const roomTo = maxBytes - gathered + piece.to
      let next = from
      for (; records.left > 0; records.left--) {
        at = records.at
        if (at > roomTo && count > 0) break
        const end = varint() + at
        at++ // attributes
        while (bytes[at++]! >= CONTINUES); // timestamp
        const offset = records.baseOffset + varint()
        if (offset >= until) {
          next = until
          records.left = 0
          break
        }
        const keyAt = at
        const keyBytes = varint()
        if (keyBytes > 0) at += keyBytes
        const valueBytes = varint()
        const start = at
        if (valueBytes > 0) at += valueBytes
        const valueEnd = at
        const headers = varint()
        if (!(end <= bytes.length && at <= end)) throw new Error('a record is damaged')
        if (valueBytes > maxRecordBytes && offset >= from) {
          if (count > 0) break
          const raw = new Uint8Array(bytes.subarray(start, valueEnd))
          oversized = tooLarge(offset, raw, maxRecordBytes)
          records.at = end
          records.left--
          return offset + 1
        }
        records.at = end
        if (offset < from) continue
        if (valueBytes < 0 || headers > 0) {
          const list: [string, Uint8Array | null][] = []
          for (let n = 0; n < headers; n++) list.push([text(slice()), slice()])
          at = keyAt
          const key = slice()
          special.push({ index: count, isNull: valueBytes < 0, headers: list, key })
        }
        if (count === offsets.length) grow()
        bounds[count * 2] = start + shift
        bounds[count * 2 + 1] = valueEnd + shift
        offsets[count++] = offset
        next = offset + 1
      }
      gathered += records.at - piece.to
      piece.to = records.at
      return next
    },

    finish(isFree) {
      const baseOffset = offsets[0] ?? 0
      const isGapless = offsets[count - 1] === baseOffset + count - 1
      const only = pieces.length === 1 ? pieces[0] : undefined
      const isWhole = only !== undefined && fillsItsBuffer(only) && isFree(only.bytes)
      if (isWhole) for (let n = 0; n < count * 2; n++) bounds[n]! -= only.shift
      const whole = isWhole ? only.bytes : join(pieces, gathered)
      const read = isWhole ? [] : pieces.filter((piece) => isOwned(piece) && isFree(piece.bytes))
      // A compressed batch between two that are not makes two pieces of one buffer.
      for (const buffer of new Set(read.map((piece) => piece.bytes.buffer))) {
        giveBuffer(Buffer.from(buffer))
      }
      return {
        bytes: whole,
        owned: true,
        bounds: bounds.slice(0, count * 2),
        baseOffset,
        ...(!isGapless && { offsets: offsets.slice(0, count) }),
        special,
      }
    },
  }
}

function join(pieces: readonly Piece[], size: number): Uint8Array {
  const joined = takeBuffer(size).subarray(0, size)
  for (const { bytes, from, to, shift } of pieces)
    joined.set(bytes.subarray(from, to), from + shift)
  return joined
}

/** Whether most of a piece's buffer is the piece. */
const fillsItsBuffer = (piece: Piece): boolean =>
  isOwned(piece) && (piece.to - piece.from) * 2 >= piece.bytes.length

/** Whether the buffer is nobody else's too. What Node cuts from a shared one is less than half of that. */
const isOwned = ({ bytes }: Piece): boolean =>
  bytes.byteOffset === 0 && bytes.length * 2 > bytes.buffer.byteLength

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString()

function tooLarge(offset: number, raw: Uint8Array, maxRecordBytes: number): SourceReject {
  return {
    reason: 'too_large',
    detail: `${raw.length} bytes; at most ${maxRecordBytes} are taken`,
    position: String(offset),
    raw,
  }
}
