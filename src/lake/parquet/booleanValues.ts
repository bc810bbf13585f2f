import { shown, type Values } from './valueBuffer.ts'

const FIRST_CAPACITY = 32
const NONE = new Uint8Array(0)

/** One bit a value, the lowest first. */
export function booleanValues(): Values {
  let bits = new Uint8Array(FIRST_CAPACITY)
  let count = 0
  const values: Values = {
    append(value) {
      if (typeof value !== 'boolean') throw new TypeError(`${shown(value)} is no boolean`)
      const byte = count >> 3
      if (byte === bits.length) {
        const grown = new Uint8Array(bits.length * 2)
        grown.set(bits)
        bits = grown
      }
      if (value) bits[byte]! |= 1 << (count & 7)
      count++
      return byte + 1
    },
    appendRows({ numbers, layout }, { slot }, rows, rowCount) {
      for (let i = 0; i < rowCount; i++) {
        values.append(numbers[rows[i]! * layout.numbers + slot] === 1)
      }
      return (count + 7) >> 3
    },
    view: () => bits.subarray(0, (count + 7) >> 3),
    // Two values are no range.
    bounds: () => undefined,
    clear() {
      bits.fill(0)
      count = 0
    },
    release() {
      bits = NONE
    },
    capacity: () => bits.byteLength,
  }
  return values
}
