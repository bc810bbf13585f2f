import { giveBuffer, growBuffer, takeBuffer } from '../../core/bufferPool.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { shown, type Bounds, type Values } from './valueBuffer.ts'

const FIRST_CAPACITY = 256
const NONE = Buffer.alloc(0)
/** Buffers beyond this are given back when they are cleared: one long value must not be paid for ever. */
const KEPT_CAPACITY = 4 << 20
/** Up to so many characters a loop is faster than a call into the runtime. */
const SHORT = 24

/** Strings as UTF-8, each behind its length; a lone surrogate becomes U+FFFD. */
export function stringValues(): Values {
  const bytes = byteBuffer()
  return {
    append(value) {
      if (typeof value !== 'string') throw new TypeError(`${shown(value)} is no string`)
      bytes.text(value)
      return bytes.length()
    },
    appendRows(store, { kind, slot }, rows, count) {
      bytes.rows(store, kind === 'list' ? 'list' : 'text', slot, rows, count)
      return bytes.length()
    },
    view: bytes.view,
    bounds: bytes.bounds,
    clear: bytes.clear,
    release: bytes.release,
    capacity: bytes.capacity,
  }
}

/** Bytes as they are, each behind its length. */
export function binaryValues(): Values {
  const bytes = byteBuffer()
  return {
    append(value) {
      if (!(value instanceof Uint8Array)) throw new TypeError(`${shown(value)} is no Uint8Array`)
      bytes.raw(value)
      return bytes.length()
    },
    appendRows() {
      throw new TypeError('stored rows have no bytes')
    },
    view: bytes.view,
    // Nobody looks for a range of bytes.
    bounds: () => undefined,
    clear: bytes.clear,
    release: bytes.release,
    capacity: bytes.capacity,
  }
}

function byteBuffer() {
  let bytes = takeBuffer(FIRST_CAPACITY)
  let at = 0
  /** So many of the bytes came from stores, and these are the first and the last of their values. */
  let gathered = 0
  let least: Uint8Array | undefined
  let most: Uint8Array | undefined
  const reserve = (more: number): void => {
    if (at + more <= bytes.length) return
    bytes = growBuffer(bytes, at + more, at)
  }
  const endValue = (length: number): void => {
    bytes[at] = length
    bytes[at + 1] = length >>> 8
    bytes[at + 2] = length >>> 16
    bytes[at + 3] = length >>> 24
    at += 4 + length
  }
  /** False where the text is not ASCII; then nothing is written. */
  const shortAscii = (value: string): boolean => {
    const start = at + 4
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 127) return false
      bytes[start + i] = unit
    }
    endValue(value.length)
    return true
  }
  return {
    text(value: string): void {
      // A UTF-16 unit takes three bytes at most; worth counting only where that is much.
      reserve(4 + (value.length < 65_536 ? value.length * 3 : Buffer.byteLength(value)))
      if (value.length <= SHORT && shortAscii(value)) return
      endValue(bytes.write(value, at + 4))
    },
    raw(value: Uint8Array): void {
      reserve(4 + value.length)
      bytes.set(value, at + 4)
      endValue(value.length)
    },
    /** Takes what a slot has in some rows of a store: a text each, or a list of them. */
    rows(store: RowStore, kind: 'text' | 'list', slot: number, rows: Int32Array, count: number) {
      const { columns } = store
      const size = columns.gather(kind, slot, rows, count)
      if (size === 0) return
      reserve(size)
      store.memory.copy(bytes, at, columns.at, columns.at + size)
      if (at === gathered) {
        if (at === 0) least = most = undefined
        least = columns.beyond('least', least) ?? least
        most = columns.beyond('most', most) ?? most
        gathered += size
      }
      at += size
    },
    length: () => at,
    view: (): Uint8Array => bytes.subarray(0, at),
    bounds(): Bounds | undefined {
      if (at > 0 && at === gathered) return { min: least!, max: most! }
      return boundsOf(bytes, at)
    },
    clear(): void {
      at = gathered = 0
      if (bytes.length > KEPT_CAPACITY) bytes = takeBuffer(FIRST_CAPACITY)
    },
    release(): void {
      giveBuffer(bytes)
      bytes = NONE
    },
    capacity: () => bytes.length,
  }
}

/** The first and the last of the values by their bytes, which is the order of their code points. */
function boundsOf(bytes: Buffer, end: number): Bounds | undefined {
  if (end === 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, end)
  let min = 0
  let max = 0
  // What the first and the last begin with both: ids and paths have a lot of it.
  let shared = lengthAt(view, 0)
  for (let at = 4 + shared; at < end; at += 4 + lengthAt(view, at)) {
    const isAlike = lengthAt(view, at) >= shared && isSame(view, at, min, shared)
    const from = isAlike ? shared : 0
    if (compareFrom(bytes, view, at, min, from) < 0) min = at
    else if (compareFrom(bytes, view, at, max, from) > 0) max = at
    else continue
    if (!isAlike) shared = sharedLength(bytes, view, min, max)
  }
  return { min: valueAt(bytes, view, min), max: valueAt(bytes, view, max) }
}

const lengthAt = (view: DataView, at: number): number => view.getUint32(at, true)

/** Whether two values, which have that many bytes, are the same in the first `length`. */
function isSame(view: DataView, a: number, b: number, length: number): boolean {
  let at = 4
  for (const words = length & ~3; at < words + 4; at += 4) {
    if (view.getUint32(a + at) !== view.getUint32(b + at)) return false
  }
  for (; at < length + 4; at++) if (view.getUint8(a + at) !== view.getUint8(b + at)) return false
  return true
}

/** Compares two values from their byte `from` on. */
function compareFrom(bytes: Buffer, view: DataView, a: number, b: number, from: number): number {
  const aLength = lengthAt(view, a)
  const bLength = lengthAt(view, b)
  const length = Math.min(aLength, bLength)
  for (let i = from + 4; i < length + 4; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

function sharedLength(bytes: Buffer, view: DataView, a: number, b: number): number {
  const most = Math.min(lengthAt(view, a), lengthAt(view, b))
  let length = 0
  while (length < most && bytes[a + 4 + length] === bytes[b + 4 + length]) length++
  return length
}

/** A copy: the buffer is reused. */
const valueAt = (bytes: Buffer, view: DataView, at: number): Uint8Array =>
  Uint8Array.prototype.slice.call(bytes, at + 4, at + 4 + lengthAt(view, at))
