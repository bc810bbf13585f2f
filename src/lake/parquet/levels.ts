import { giveBuffer, takeBuffer } from '../../core/bufferPool.ts'

/** What a page's levels may take at most, for each eight of them: a run and the head of what follows, or bits. */
const BYTES_AN_OCTET = 8

/** Where the levels of a page are encoded, and up to where. */
let out: Buffer = Buffer.alloc(0)
let end = 0

/**
 * Parquet's definition or repetition levels as a data page holds them: four bytes of length, then runs of
 * equal levels and groups of eight that are packed bit by bit.
 *
 * @param levels one byte a level, or one number where all are the same
 * @param count how many there are
 * @param bitWidth bits that the highest level needs, 1 or 2
 */
export function encodeLevels(
  levels: Uint8Array | number,
  count: number,
  bitWidth: 1 | 2,
): Uint8Array {
  out = takeBuffer(16 + Math.ceil(count / 8) * BYTES_AN_OCTET)
  end = 4
  if (typeof levels === 'number') putRun(count, levels)
  else packLevels(levels, count, bitWidth)
  const bytes = Buffer.from(out.subarray(0, end))
  bytes.writeUInt32LE(end - 4)
  giveBuffer(out)
  return bytes
}

function packLevels(levels: Uint8Array, count: number, bitWidth: 1 | 2): void {
  let at = 0
  while (at < count) {
    const run = runAt(levels, at, count)
    if (run >= 8 || at + run === count) {
      putRun(run, levels[at]!)
      at += run
      continue
    }
    const start = at
    do at += 8
    while (at < count && runAt(levels, at, count) < 8)
    putVarint(((at - start) / 8) * 2 + 1)
    for (let group = start; group < at; group += 8) putGroup(levels, group, count, bitWidth)
    at = Math.min(at, count)
  }
}

/** How often the level at `from` repeats. */
function runAt(levels: Uint8Array, from: number, count: number): number {
  const level = levels[from]
  let to = from + 1
  while (to < count && levels[to] === level) to++
  return to - from
}

function putRun(count: number, level: number): void {
  putVarint(count * 2)
  out[end++] = level
}

function putGroup(levels: Uint8Array, from: number, count: number, bitWidth: 1 | 2): void {
  let bits = 0
  for (let i = 0; i < 8 && from + i < count; i++) bits |= levels[from + i]! << (i * bitWidth)
  out[end++] = bits
  if (bitWidth === 2) out[end++] = bits >> 8
}

/** Pages have less than 2^28 levels. */
function putVarint(value: number): void {
  for (; value > 127; value >>>= 7) out[end++] = (value & 127) | 128
  out[end++] = value
}
