import type { RowStore } from '../../core/rows/rowStore.ts'
import type { KeyBatch, SourceBatch } from '../../core/unit.ts'

/** The records of one batch that wait at one gate, in order of arrival: by number from 0. */
export interface Waiting {
  count: number
  /** Their numbers in the batch: where their envelopes are. */
  indexes: Int32Array
  fingerprints: Uint32Array
  eventTimesMs: Float64Array
  /** Of a stored row: its number in the store. */
  rows: Int32Array
  /** Of those that are no rows: the records. */
  readonly records: unknown[]
  readonly parts: Part[]
}

/** Some that wait one behind the other. */
export interface Part {
  /** Where they are rows; otherwise they are among the records. */
  readonly store: RowStore | undefined
  readonly from: number
  to: number
  /** Of records: which is the first. */
  readonly first: number
}

const FIRST_CAPACITY = 512

export const emptyRoom = (): Waiting => ({
  count: 0,
  indexes: new Int32Array(FIRST_CAPACITY),
  fingerprints: new Uint32Array(4 * FIRST_CAPACITY),
  eventTimesMs: new Float64Array(FIRST_CAPACITY),
  rows: new Int32Array(FIRST_CAPACITY),
  records: [],
  parts: [],
})

/** Lets some wait behind the others: rows of a store, or records. */
export function addPart(waiting: Waiting, store: RowStore | undefined, count: number): void {
  const from = waiting.count
  const to = (waiting.count = from + count)
  if (to > waiting.rows.length) grow(waiting, to * 2)
  const last = waiting.parts.at(-1)
  if (last !== undefined && last.store === store) last.to = to
  else waiting.parts.push({ store, from, to, first: waiting.records.length })
}

/** The room is for others. */
export function clear(waiting: Waiting): void {
  waiting.count = 0
  waiting.records.length = 0
  waiting.parts.length = 0
}

/** What the decision needs of those who wait. */
export const keysOf = (
  { count, fingerprints, eventTimesMs }: Waiting,
  { partition, ingestedAtMs }: SourceBatch,
): KeyBatch => ({
  count,
  fingerprints: fingerprints.subarray(0, count * 4),
  eventTimesMs: eventTimesMs.subarray(0, count),
  partition,
  ingestedAtMs,
})

function grow(waiting: Waiting, capacity: number): void {
  const { indexes, fingerprints, eventTimesMs, rows } = waiting
  waiting.indexes = new Int32Array(capacity)
  waiting.indexes.set(indexes)
  waiting.fingerprints = new Uint32Array(capacity * 4)
  waiting.fingerprints.set(fingerprints)
  waiting.eventTimesMs = new Float64Array(capacity)
  waiting.eventTimesMs.set(eventTimesMs)
  waiting.rows = new Int32Array(capacity)
  waiting.rows.set(rows)
}
