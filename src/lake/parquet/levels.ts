import { varint } from './thrift.ts'

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
  const out: number[] = [0, 0, 0, 0]
  if (typeof levels === 'number') out.push(...sameLevel(count, levels))
  else packLevels(out, levels, count, bitWidth)
  const bytes = Buffer.from(out)
  bytes.writeUInt32LE(out.length - 4)
  return bytes
}

function sameLevel(count: number, level: number): number[] {
  const out: number[] = []
  varint(out, count * 2)
  out.push(level)
  return out
}

function packLevels(out: number[], levels: Uint8Array, count: number, bitWidth: 1 | 2): void {
  let at = 0
  while (at < count) {
    const run = runAt(levels, at, count)
    if (run >= 8 || at + run === count) {
      out.push(...sameLevel(run, levels[at]!))
      at += run
      continue
    }
    const start = at
    do at += 8
    while (at < count && runAt(levels, at, count) < 8)
    varint(out, ((at - start) / 8) * 2 + 1)
    for (let group = start; group < at; group += 8) packGroup(out, levels, group, count, bitWidth)
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

function packGroup(
  out: number[],
  levels: Uint8Array,
  from: number,
  count: number,
  bitWidth: 1 | 2,
): void {
  let bits = 0
  for (let i = 0; i < 8 && from + i < count; i++) bits |= levels[from + i]! << (i * bitWidth)
  out.push(bits & 0xff)
  if (bitWidth === 2) out.push(bits >> 8)
}
