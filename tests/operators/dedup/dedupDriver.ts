import { fingerprint } from '../../../src/core/fingerprint.ts'
import type { Selector, StateRoom, StateSnapshot } from '../../../src/core/unit.ts'
import { windowDedup, type WindowDedupOptions } from '../../../src/operators/windowDedup.ts'

export type Keyed = readonly [key: string, eventTimeMs: number]
export type Fate = 'pass' | 'duplicate' | 'late'
export type Durations = Omit<WindowDedupOptions<Keyed>, 'key' | 'eventTime'>

/** The operator under test as the runtime drives it, with a store for its state in memory. */
export interface DedupDriver {
  feed(records: readonly Keyed[], from?: { partition?: number; ingestedAtMs?: number }): Fate[]
  /** Keeps a snapshot, as a checkpoint would. */
  checkpoint(): Promise<StateSnapshot>
  /** Goes on with an instance that knows nothing but the last checkpoint. */
  restart(): Promise<void>
  size(): ReturnType<Selector['size']>
  readonly objects: Map<string, Uint8Array>
  /** What the last checkpoint holds. */
  kept(): { inline: StateSnapshot['inline']; objects: string[] }
}

const FATES = ['pass', 'duplicate', 'late'] as const
const clock = { now: () => 0, sleep: () => Promise.resolve() }

export function dedupDriver(durations: Durations, room?: () => StateRoom): DedupDriver {
  const operator = windowDedup<Keyed>({
    ...durations,
    key: ([key]) => key,
    eventTime: ([, timeMs]) => timeMs,
  })
  const open = (): Selector => operator.open({ node: 'dedup', clock, room: room?.() })
  const objects = new Map<string, Uint8Array>()
  let selector = open()
  let epoch = 0
  let kept: ReturnType<DedupDriver['kept']> | undefined

  const read = async (name: string): Promise<Uint8Array> => {
    const object = objects.get(name)
    if (object === undefined) throw new Error(`${name} was deleted`)
    return object
  }
  return {
    feed(records, { partition = 0, ingestedAtMs = 0 } = {}) {
      const fingerprints = new Uint32Array(records.length * 4)
      records.forEach((record, i) => fingerprint(operator.key(record), fingerprints, i * 4))
      const eventTimesMs = Float64Array.from(records, (record) => operator.eventTimeMs(record))
      const count = records.length
      const fates = selector.select({ count, fingerprints, eventTimesMs, partition, ingestedAtMs })
      return Array.from(fates, (fate) => FATES[fate]!)
    },
    async checkpoint() {
      const snapshot = await selector.snapshot()
      const names = snapshot.add.map((_, index) => `${epoch}-${index}`)
      epoch++
      selector.added(names)
      // JSON and a copy: nothing of the running instance may reach the next one.
      const inline = JSON.parse(JSON.stringify(snapshot.inline)) as StateSnapshot['inline']
      names.forEach((name, index) => objects.set(name, snapshot.add[index]!.slice()))
      kept = { inline, objects: [...snapshot.keep, ...names] }
      for (const name of objects.keys()) if (!kept.objects.includes(name)) objects.delete(name)
      return snapshot
    },
    async restart() {
      selector.close?.()
      selector = open()
      if (kept !== undefined) await selector.restore({ ...kept, read })
    },
    size: () => selector.size(),
    objects,
    kept: () => kept!,
  }
}
