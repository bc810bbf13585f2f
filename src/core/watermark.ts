import type { Json } from './json.ts'

export interface WatermarkOptions {
  /** How far behind the highest event time the watermark stays, ms. */
  readonly outOfOrdernessMs: number
  /** A partition without a record for this long stops holding the watermark back, ms. */
  readonly idleMs: number
}

/** The event-time clock of one task. */
export interface Watermark {
  /** Event time up to which the task considers its input complete, ms; −Infinity before the first record. */
  current(): number
  /** Marks the partition as active at this processing time, and all that were silent too long as idle. */
  arrive(partition: number, processingTimeMs: number): void
  /** Takes one event time of the partition that arrived last into account. */
  observe(partition: number, eventTimeMs: number): void
  save(): Json
}

interface Partition {
  highest: number
  lastArrivalMs: number
  idle: boolean
}

/**
 * Tracks the watermark of one task: per partition the highest event time minus the bounded
 * out-of-orderness, over partitions the minimum of those that are not idle. It never goes back.
 *
 * @param saved - What `save` gave at the last checkpoint; idle marks are part of it.
 * @see The Dataflow Model (VLDB 2015) §2; Flink's `BoundedOutOfOrdernessWatermarks` and idleness.
 */
export function watermark(options: WatermarkOptions, saved?: Json): Watermark {
  const { current: start, partitions } = (saved ?? {}) as unknown as SavedWatermark
  const tracked = new Map<number, Partition>(
    (partitions ?? []).map(([id, highest, lastArrivalMs, idle]) => [
      id,
      { highest: highest ?? -Infinity, lastArrivalMs, idle },
    ]),
  )
  let now = start ?? -Infinity
  // With a single active partition its maximum alone decides; the hot path then compares two numbers.
  let only: Partition | undefined

  const advance = (): void => {
    let low = Infinity
    let active = 0
    for (const partition of tracked.values()) {
      if (partition.idle) continue
      active++
      only = partition
      if (partition.highest < low) low = partition.highest
    }
    if (active !== 1) only = undefined
    if (active > 0 && low - options.outOfOrdernessMs > now) now = low - options.outOfOrdernessMs
  }
  advance()

  return {
    current: () => now,
    arrive(id, processingTimeMs) {
      let partition = tracked.get(id)
      if (partition === undefined) {
        partition = { highest: -Infinity, lastArrivalMs: processingTimeMs, idle: false }
        tracked.set(id, partition)
      }
      partition.lastArrivalMs = processingTimeMs
      partition.idle = false
      for (const other of tracked.values()) {
        if (processingTimeMs - other.lastArrivalMs > options.idleMs) other.idle = true
      }
      advance()
    },
    observe(id, eventTimeMs) {
      if (only !== undefined) {
        if (eventTimeMs <= only.highest) return
        only.highest = eventTimeMs
        const mark = eventTimeMs - options.outOfOrdernessMs
        if (mark > now) now = mark
        return
      }
      const partition = tracked.get(id)
      if (partition === undefined || eventTimeMs <= partition.highest) return
      partition.highest = eventTimeMs
      advance()
    },
    save: () => ({
      current: Number.isFinite(now) ? now : null,
      partitions: [...tracked].map(([id, { highest, lastArrivalMs, idle }]) => [
        id,
        Number.isFinite(highest) ? highest : null,
        lastArrivalMs,
        idle,
      ]),
    }),
  }
}

interface SavedWatermark {
  readonly current?: number | null
  readonly partitions?: readonly (readonly [
    id: number,
    highest: number | null,
    lastArrivalMs: number,
    idle: boolean,
  ])[]
}
