import type { Draws } from './draws.ts'

/**
 * Picks ranks from 0 to `count` − 1 as popularity spreads in the wild: rank r comes up in proportion to
 * 1 / (r + 1).
 *
 * @param count - at most 2^16
 */
export function zipf(count: number): (draw: Draws) => number {
  const slots = new Uint16Array(Math.max(1024, 4 * count))
  let total = 0
  for (let rank = 0; rank < count; rank++) total += 1 / (rank + 1)
  let sum = 0
  let from = 0
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1)
    const to = Math.round((sum / total) * slots.length)
    slots.fill(rank, from, to)
    from = to
  }
  return (draw) => slots[draw.below(slots.length)]!
}
