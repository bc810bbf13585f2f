/** A value of the Thrift compact protocol, the notation of Parquet's headers and footers. */
export interface Thrift {
  readonly type: number
  write(out: number[]): void
}

/** Fields by their number; undefined ones are left out. */
export type ThriftFields = Readonly<Record<number, Thrift | undefined>>

const I32 = 5
const I64 = 6
const BINARY = 8
const LIST = 9
const STRUCT = 12

/** A whole number; `type` tells i16, i32 and i64 apart where a list must say it. */
const whole = (type: number, value: number): Thrift => ({
  type,
  write: (out) => varint(out, value >= 0 ? value * 2 : -value * 2 - 1),
})

/** The kinds of values, each as a function from what it holds. */
export const thrift = Object.freeze({
  i32: (value: number): Thrift => whole(I32, value),
  /** Up to 2^52. */
  i64: (value: number): Thrift => whole(I64, value),
  /** Only as a field: the type itself is the value. */
  bool: (value: boolean): Thrift => ({ type: value ? 1 : 2, write: () => {} }),
  binary: (value: Uint8Array | string): Thrift => ({
    type: BINARY,
    write(out) {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value
      varint(out, bytes.length)
      for (const byte of bytes) out.push(byte)
    },
  }),
  /** One or more values of one type. */
  list: (items: readonly Thrift[]): Thrift => ({
    type: LIST,
    write(out) {
      const type = items[0]?.type ?? STRUCT
      if (items.length < 15) out.push((items.length << 4) | type)
      else {
        out.push(0xf0 | type)
        varint(out, items.length)
      }
      for (const item of items) item.write(out)
    },
  }),
  struct: (fields: ThriftFields): Thrift => ({
    type: STRUCT,
    write(out) {
      let before = 0
      // Integer keys come in ascending order; every gap in Parquet's structs is below 16.
      for (const [key, value] of Object.entries(fields)) {
        if (value === undefined) continue
        out.push(((Number(key) - before) << 4) | value.type)
        before = Number(key)
        value.write(out)
      }
      out.push(0)
    },
  }),
})

/** The bytes of a value. */
export function encodeThrift(value: Thrift): Uint8Array {
  const out: number[] = []
  value.write(out)
  return Uint8Array.from(out)
}

/** Seven bits a byte, the lowest first. */
export function varint(out: number[], value: number): void {
  while (value >= 128) {
    out.push((value % 128) | 128)
    value = Math.floor(value / 128)
  }
  out.push(value)
}
