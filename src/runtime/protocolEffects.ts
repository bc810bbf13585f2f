import type { Json } from '../core/json.ts'
import type { PreparedFile } from '../core/unit.ts'
import type { Checkpoint, KeptState, TaskIdentity } from './checkpoint.ts'
import type { Graveyard } from './isDead.ts'
import type { Retention, Survey } from './retention.ts'

/** What the protocol must know of the task that it runs for; the same for all of its attempts. */
export interface ProtocolTask {
  readonly topology: string
  readonly lineage: string
  readonly task: string
  readonly runId: string
  readonly identity: TaskIdentity
  /** Stateful nodes whose state the next claim leaves behind (`--drop-state`): a source's positions. */
  readonly dropState: readonly string[]
  /** What to do where another attempt has committed the epoch: take the task back, or leave it. */
  readonly whenLost: 'claim' | 'stop'
  /** How long markers stay, ms; an attempt that has not committed for half of it claims again. */
  readonly fenceMs: number
  /** How often retention looks at everything instead of what this attempt knows of, ms. */
  readonly surveyMs: number
}

/** Create-if-absent. Answered `expired`, and nothing sent, if the clock shows `untilMs` or more. */
export interface Create {
  readonly kind: 'create'
  readonly checkpoint: Checkpoint
  readonly untilMs: number
  /** These bytes were sent before and may be on their way. */
  readonly sent: boolean
}

/** The one thing that the driver has to do now. All but `create` may be done again after `unknown`. */
export type Effect =
  /** Forget what runs under the attempt before, if any, and draw the random part of a new name. */
  | { readonly kind: 'drawAttempt' }
  | { readonly kind: 'readNewest' }
  /** Make everything that it prepared visible; nothing to do for a claim. */
  | { readonly kind: 'publish'; readonly checkpoint: Checkpoint }
  /** Stage its expired uploads again from the epoch before; `publish` follows. */
  | { readonly kind: 'restage'; readonly checkpoint: Checkpoint }
  | Create
  /** Whom the checkpoint or marker of that epoch names. */
  | { readonly kind: 'readEpoch'; readonly epoch: number; readonly create: Create }
  /** Write `<attempt>.open`; it names the tables that the attempt may write to. */
  | { readonly kind: 'writeOpen'; readonly attempt: string }
  | { readonly kind: 'listDead'; readonly claim: number }
  /** Delete the files for which `isDead` holds. */
  | { readonly kind: 'clean'; readonly graveyard: Graveyard }
  /** List this task's checkpoints and state objects below an epoch, and its markers. */
  | { readonly kind: 'survey'; readonly below: number }
  | { readonly kind: 'retain'; readonly retention: Retention }
  /** Go on from this checkpoint until the next barrier; after a claim, restore its state first. */
  | { readonly kind: 'produce'; readonly epoch: number; readonly from: Checkpoint }
  /** Delete what it prepared: nobody will ever name it. */
  | { readonly kind: 'discard'; readonly checkpoint: Checkpoint; readonly lost: boolean }
  | { readonly kind: 'stop'; readonly reason: 'ended' | 'lost' }
  | { readonly kind: 'fail'; readonly code: `SBX_${string}`; readonly message: string }

/** What came of an effect. */
export type Answer =
  /** Nobody knows whether it happened: a time-out, a broken connection. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'done' }
  | { readonly kind: 'drawn'; readonly random: string; readonly nowMs: number }
  | { readonly kind: 'newest'; readonly checkpoint: Checkpoint | undefined }
  /** A file or state object is gone; `again` if it was an upload that can be staged again. */
  | { readonly kind: 'missing'; readonly what: string; readonly again: boolean }
  /** The checkpoint with the names under which its files wait now. */
  | { readonly kind: 'restaged'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'created' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'named'; readonly attempt: string | undefined }
  | ({ readonly kind: 'dead' } & Graveyard)
  | ({ readonly kind: 'surveyed' } & Survey)
  | ({ readonly kind: 'prepared' } & Epoch)
  /** No position moved. Answered at least every `fenceMs` / 4. */
  | { readonly kind: 'idle'; readonly nowMs: number }
  /** The input is exhausted or the run is to stop, and every epoch was handed over. */
  | { readonly kind: 'ended' }

/** What the barrier of an epoch left, durable and visible to nobody. */
export interface Epoch {
  readonly nowMs: number
  readonly positions: KeptState
  readonly state: Readonly<Record<string, KeptState>>
  readonly prepared: Readonly<Record<string, readonly PreparedFile[]>>
  /** Counts of all epochs up to this one. */
  readonly ledger: Json
}
