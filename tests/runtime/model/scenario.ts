import type { Answer } from '../../../src/runtime/protocolEffects.ts'
import type { State } from '../../../src/runtime/taskProtocol.ts'
import type { Graveyard } from '../../../src/runtime/isDead.ts'
import type { World } from './world.ts'

/** What is explored: the parts of the lake, what may go wrong, and how far. */
export interface Scenario {
  readonly name: string
  /** How many processes want the task; each may be paused for ever at any step. */
  readonly attempts: number
  /** How often, all in all, a process takes the task back after it was lost. */
  readonly reclaims: number
  /** Records in the source; each epoch takes one. */
  readonly records: number
  readonly sinks: readonly ('bronze' | 'gold' | 'silver')[]
  /** Folders are linked, renamed and unlinked; buckets complete uploads and compare ETags. */
  readonly store: 'folder' | 'bucket'
  /** The task keeps state objects, each named by the epoch that wrote it and the one after. */
  readonly stateObjects: boolean
  /** Requests may be carried out and their answers lost. */
  readonly lostAnswers: boolean
  /** How many requests may be on their way at a time, to arrive after their sender has given up. */
  readonly flying: number
  /** Of all requests, only claims and commits are ever late. */
  readonly onlyCommitsFly: boolean
  /** Attempts write `.open`s and delete what dead ones left. */
  readonly cleaning: boolean
  /** The next epoch's files may be written while an epoch is committed and published. */
  readonly ahead: boolean
  /** Retention looks at everything after each commit. */
  readonly surveys: boolean
  /** Processes that fold the table's files once each. */
  readonly compactions: number
  /** Processes that vacuum the table once each. */
  readonly vacuums: number
  /** Uploads that the server may forget. */
  readonly expiries: number
  /** How far the clock goes; 0: it stands. */
  readonly ticks: number
  /** `fenceMs` in ticks of that clock. */
  readonly fenceTicks: number
  readonly mutation: Mutation
}

/** A known bug, put back: the check must find it. */
export interface Mutation {
  /** In place of `advance`. */
  readonly advance?: (state: State, answer: Answer, world: World, advance: Advance) => State
  /** In place of `isDead`. */
  readonly isDead?: (graveyard: Graveyard, epoch: number, attempt: string) => boolean
  /** What the driver does otherwise. */
  readonly driver?:
    | 'reads no name from a marker'
    | 'never looks where a link would go'
    | 'appends again without reading the log'
    | 'deletes a checkpoint before it writes the marker'
    | 'does not look at the clock'
    | 'reads the version before the ETag'
    | 'compacts without looking what is gone'
    | 'vacuum reads the log first'
    | 'vacuum deletes what the log does not name'
}

export type Advance = (state: State, answer: Answer) => State
