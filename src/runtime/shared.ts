import type { Topology } from '../core/topology.ts'
import type { Publisher } from '../core/unit.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import type { RunMemory } from './memory/runMemory.ts'
import type { Resolved } from './options.ts'
import type { Runners } from './runner.ts'

/** What all tasks of one run share. */
export interface Shared {
  readonly topology: Topology
  readonly options: Resolved
  readonly store: ObjectStore
  readonly lineage: string
  readonly runId: string
  readonly runners: Runners
  readonly publishers: ReadonlyMap<string, Publisher>
  readonly memory: RunMemory
  /** Aborted: finish the epoch and end. */
  readonly stopping: AbortSignal
  /** Aborted: end at once. */
  readonly signal: AbortSignal
  readonly progress: { bytes: number; batches: number; records: number; epochs: number }
  /** Resolved with the first batch of any source. */
  readonly reading: PromiseWithResolvers<void>
  /** Tasks that this process holds at the moment. */
  readonly held: Set<string>
  /** Tasks whose state this run has dropped as it was told to: not again at the next claim. */
  readonly dropped: Set<string>
}
