const HIGH = 2 ** 32

/** A signed 64-bit integer as a number: offsets and producer ids stay far below 2^53. */
export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4)
}
