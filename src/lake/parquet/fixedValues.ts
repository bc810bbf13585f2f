import { giveBuffer, growBuffer, takeBuffer } from '../../core/bufferPool.ts'
import { shown, type Bounds, type Values } from './valueBuffer.ts'

const FIRST_CAPACITY = 256
const DAY_MS = 86_400_000
const WORD = 2 ** 32

/** 32-bit integers. */
export const int32Values = (): Values =>
  words32((value) => {
    if (typeof value === 'number' && (value | 0) === value) return value
    throw new TypeError(`${shown(value)} is no 32-bit integer`)
  })

/** Days since 1970 from `YYYY-MM-DD`. */
export function dateValues(): Values {
  // Rows of one file share few days.
  let lastText: unknown
  let lastDay = 0
  return words32((value) => {
    if (value !== lastText) {
      lastDay = dayNumber(value)
      lastText = value
    }
    return lastDay
  })
}

/** 64-bit integers from safe integers and bigints, without making a bigint of a number. */
export function int64Values(): Values {
  let bytes = takeBuffer(FIRST_CAPACITY)
  let words = new Int32Array(bytes.buffer)
  let bigs = new BigInt64Array(bytes.buffer)
  let count = 0
  /** So many of them came from stores, and these are the least and the most of those. */
  let gathered = 0
  let least = Infinity
  let most = -Infinity
  const reserve = (more: number): void => {
    if (count + more <= bigs.length) return
    bytes = growBuffer(bytes, Math.max(bytes.length * 2, (count + more) * 8), bytes.length)
    words = new Int32Array(bytes.buffer)
    bigs = new BigInt64Array(bytes.buffer)
  }
  return {
    append(value) {
      reserve(1)
      if (Number.isSafeInteger(value)) {
        words[count * 2] = value as number
        words[count * 2 + 1] = Math.floor((value as number) / WORD)
      } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) {
        bigs[count] = value
      } else throw new TypeError(`${shown(value)} is no 64-bit integer`)
      return ++count * 8
    },
    appendRows(store, { slot }, rows, rowCount) {
      const { columns } = store
      if (!columns.gatherInt64(slot, rows, rowCount)) {
        const { numbers, layout } = store
        const found = Array.from(
          rows.subarray(0, rowCount),
          (row) => numbers[row * layout.numbers + slot],
        )
        const wrong = found.find((value) => !Number.isSafeInteger(value))
        throw new TypeError(`${wrong} is no 64-bit integer`)
      }
      reserve(rowCount)
      store.memory.copy(bytes, count * 8, columns.at, columns.at + rowCount * 8)
      least = Math.min(least, columns.leastInteger())
      most = Math.max(most, columns.mostInteger())
      gathered += rowCount
      count += rowCount
      return count * 8
    },
    view: () => bytes.subarray(0, count * 8),
    bounds() {
      if (count === 0) return undefined
      if (count === gathered) return { min: BigInt(least), max: BigInt(most) }
      let min = 0
      let max = 0
      for (let at = 2; at < count * 2; at += 2) {
        if (isLess(words, at, min)) min = at
        else if (isLess(words, max, at)) max = at
      }
      return { min: bigs[min / 2]!, max: bigs[max / 2]! }
    },
    clear() {
      count = gathered = 0
      least = Infinity
      most = -Infinity
    },
    release() {
      giveBuffer(bytes)
    },
    capacity: () => bytes.length,
  }
}

/** IEEE 754 doubles. */
export function doubleValues(): Values {
  let bytes = takeBuffer(FIRST_CAPACITY)
  let values = new Float64Array(bytes.buffer)
  let count = 0
  return {
    append(value) {
      if (typeof value !== 'number') throw new TypeError(`${shown(value)} is no number`)
      if (count === values.length) {
        bytes = growBuffer(bytes, bytes.length * 2, bytes.length)
        values = new Float64Array(bytes.buffer)
      }
      values[count] = value
      return ++count * 8
    },
    appendRows({ numbers, layout }, { slot }, rows, rowCount) {
      for (let i = 0; i < rowCount; i++) this.append(numbers[rows[i]! * layout.numbers + slot])
      return count * 8
    },
    view: () => bytes.subarray(0, count * 8),
    bounds: () => numericBounds(values.subarray(0, count)),
    clear() {
      count = 0
    },
    release() {
      giveBuffer(bytes)
    },
    capacity: () => bytes.length,
  }
}

function words32(convert: (value: unknown) => number): Values {
  let bytes = takeBuffer(FIRST_CAPACITY)
  let words = new Int32Array(bytes.buffer)
  let count = 0
  return {
    append(value) {
      if (count === words.length) {
        bytes = growBuffer(bytes, bytes.length * 2, bytes.length)
        words = new Int32Array(bytes.buffer)
      }
      words[count] = convert(value)
      return ++count * 4
    },
    appendRows({ numbers, layout }, { kind, slot }, rows, rowCount) {
      for (let i = 0; i < rowCount; i++) {
        const value = numbers[rows[i]! * layout.numbers + slot]!
        if (count === words.length) {
          bytes = growBuffer(bytes, bytes.length * 2, bytes.length)
          words = new Int32Array(bytes.buffer)
        }
        // A day is a number already.
        words[count++] = kind === 'day' ? value : convert(value)
      }
      return count * 4
    },
    view: () => bytes.subarray(0, count * 4),
    bounds: () => numericBounds(words.subarray(0, count)),
    clear() {
      count = 0
    },
    release() {
      giveBuffer(bytes)
    },
    capacity: () => bytes.length,
  }
}

function numericBounds(values: Int32Array | Float64Array): Bounds | undefined {
  if (values.length === 0) return undefined
  let min = values[0]!
  let max = min
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < min) min = value
    else if (value > max) max = value
    else if (value !== value) return undefined
  }
  return { min, max }
}

/** Whether the 64-bit integer at word `a` is below that at word `b`; the low word comes first. */
function isLess(words: Int32Array, a: number, b: number): boolean {
  const high = words[a + 1]! - words[b + 1]!
  return high < 0 || (high === 0 && words[a]! >>> 0 < words[b]! >>> 0)
}

function dayNumber(value: unknown): number {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) {
    const ms = Date.parse(`${value}T00:00:00Z`)
    // An impossible day is NaN, or rolls over into the next month.
    if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(value)) return ms / DAY_MS
  }
  throw new TypeError(`${shown(value)} is no day written YYYY-MM-DD`)
}
