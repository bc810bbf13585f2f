import type { Json } from './json.ts'

export interface WatermarkOptions {
  /** How far behind the highest event time the watermark stays, ms. */
  readonly outOfOrdernessMs: number
  /** A partition without a record for longer than this stops holding the watermark back, ms. */
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
 * out-of-orderness, over partitions the minimum of those that are not idle. It never goes back. A
 * partition counts from its first record on.
 *
 * @param saved - What `save` gave at the last checkpoint. Idle marks are part of it, and how long each
 *   partition had been silent; the time until the next record arrives is no silence, since nobody listened.
 * @see The Dataflow Model (VLDB 2015) §2; Flink's `BoundedOutOfOrdernessWatermarks` and idleness.
 */
export function watermark(options: WatermarkOptions, saved?: Json): Watermark {
  const { outOfOrdernessMs, idleMs } = options
  const restored = (saved ?? { current: null, partitions: [] }) as unknown as SavedWatermark
  const tracked = new Map<number, Partition>()
  for (const [id, highest, silentMs, idle] of restored.partitions) {
    tracked.set(id, { highest: highest ?? -Infinity, lastArrivalMs: -silentMs, idle })
  }
  let now = restored.current ?? -Infinity
  /** Processing time of the latest arrival; before the first one, silence is counted back from 0. */
  let arrivedMs = 0
  let resumed = saved !== undefined
  /** With a single active partition its maximum alone decides: the hot path compares two numbers. */
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
    if (active > 0 && low - outOfOrdernessMs > now) now = low - outOfOrdernessMs
  }

  return {
    current: () => now,
    arrive(id, processingTimeMs) {
      if (resumed) {
        for (const partition of tracked.values()) partition.lastArrivalMs += processingTimeMs
        resumed = false
      }
      arrivedMs = processingTimeMs
      let partition = tracked.get(id)
      if (partition === undefined) {
        partition = { highest: -Infinity, lastArrivalMs: processingTimeMs, idle: false }
        tracked.set(id, partition)
      }
      partition.lastArrivalMs = processingTimeMs
      partition.idle = false
      for (const other of tracked.values()) {
        if (processingTimeMs - other.lastArrivalMs > idleMs) other.idle = true
      }
      advance()
    },
    observe(id, eventTimeMs) {
      const partition = only ?? tracked.get(id)
      if (partition === undefined || !(eventTimeMs > partition.highest)) return
      partition.highest = eventTimeMs
      if (only === undefined) advance()
      else if (eventTimeMs - outOfOrdernessMs > now) now = eventTimeMs - outOfOrdernessMs
    },
    save: () => ({
      current: Number.isFinite(now) ? now : null,
      partitions: [...tracked].map(([id, { highest, lastArrivalMs, idle }]) => [
        id,
        Number.isFinite(highest) ? highest : null,
        arrivedMs - lastArrivalMs,
        idle,
      ]),
    }),
  }
}

interface SavedWatermark {
  readonly current: number | null
  readonly partitions: readonly (readonly [
    id: number,
    highest: number | null,
    silentMs: number,
    idle: boolean,
  ])[]
}
