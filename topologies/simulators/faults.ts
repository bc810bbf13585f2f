import type { Draws } from './draws.ts'

const BAD_TIMESTAMPS = ['', 'not-a-date', '2024-02-30T10:00:00.000Z']

/** A member `name` that holds no id, with its comma: absent, null or empty. */
export function missingId(draw: Draws, name: string): string {
  return ['', `"${name}":null,`, `"${name}":"",`][draw.below(3)]!
}

/** A text that is no timestamp of any platform. */
export function badTimestamp(draw: Draws, more: readonly string[] = []): string {
  const at = draw.below(BAD_TIMESTAMPS.length + more.length)
  return BAD_TIMESTAMPS[at] ?? more[at - BAD_TIMESTAMPS.length]!
}

/** Makes one of the counts negative. */
export function negate(draw: Draws, counts: number[]): void {
  counts[draw.below(counts.length)] = -1 - draw.below(100)
}

/** A JSON object that ends too early, not within a character. */
export function cutJson(draw: Draws, json: string): string {
  const end = 1 + draw.below(json.length - 1)
  return json.slice(0, end).replace(/[\uD800-\uDBFF]$/, '')
}

/** A row with one field too few or one too many; its last field is a plain number. */
export function recutRow(draw: Draws, row: string): string {
  return draw.oneIn(2) ? row.slice(0, row.lastIndexOf(',')) : `${row},${draw.below(100)}`
}
