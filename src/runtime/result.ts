import type { Json } from '../core/json.ts'
import type { BuildReport } from '../core/models.ts'
import type { Ledger } from './ledger.ts'

/** What became of one task in a run. */
export interface TaskResult {
  readonly task: string
  /** The source or models node that the task belongs to. */
  readonly node: string
  /** Epochs that this run committed. */
  readonly epochs: number
  /** Counts of those epochs. */
  readonly ledger: Ledger
  /** Counts of all epochs of this lake's history, whoever committed them. */
  readonly total: Ledger
  /** What the newest checkpoint keeps of the node: a models node's version among it. */
  readonly state: Json
}

export interface RunResult {
  readonly runId: string
  readonly topology: string
  readonly durationSeconds: number
  readonly epochs: number
  readonly tasks: readonly TaskResult[]
  /** What this run built, by models node. */
  readonly builds: Readonly<Record<string, BuildReport>>
}

/** How far a run is, at any moment. */
export interface Progress {
  /** Bytes and batches that sources have handed over. */
  readonly bytes: number
  readonly batches: number
  /** Records of committed epochs. */
  readonly records: number
  readonly epochs: number
}
