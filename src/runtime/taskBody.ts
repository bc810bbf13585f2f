import type { PreparedFile, Published, Restaged, SinkCommit, StateSnapshot } from '../core/unit.ts'
import type { KeptState, TaskIdentity } from './checkpoint.ts'
import type { Ledger } from './ledger.ts'
import type { Writing } from './runner.ts'

/** What a task resumes from: nothing at the very beginning. */
export interface ResumePoint {
  readonly positions: KeptState | undefined
  readonly state: Readonly<Record<string, KeptState>>
}

/** One epoch as a task's body hands it to the commit protocol: what its checkpoint names is durable. */
export interface Produced {
  readonly epoch: number
  readonly positions: KeptState
  readonly state: Readonly<Record<string, KeptState>>
  readonly prepared: Readonly<Record<string, readonly PreparedFile[]>>
  /** What this epoch adds. */
  readonly ledger: Ledger
}

/**
 * What a task does between two commits; the commit protocol around it is the same for records and for
 * models. `start` may be called again after a lost claim.
 */
export interface TaskBody {
  readonly task: string
  /** Names of all nodes whose counts its ledger holds. */
  readonly nodes: readonly string[]
  /** Compared with the checkpoint's: what must not change between runs. */
  readonly identity: TaskIdentity
  /** Goes on from `from`; the first epoch is written under `writing`. */
  start(from: ResumePoint, writing: Writing): Promise<void>
  /** The next epoch that moved something, or undefined at the end. */
  next(): Promise<Produced | undefined>
  /** Makes one sink's share of a committed epoch visible. */
  publish(commit: SinkCommit): Promise<Published>
  /** Stages again what one sink's share of a committed epoch lacks; absent where nothing can be. */
  restage?(commit: SinkCommit): Promise<Restaged>
  /** Sink nodes in publishing order. */
  readonly sinks: readonly string[]
  discard(sink: string, files: readonly PreparedFile[]): Promise<void>
  clean(isDead: (epoch: number, attempt: string) => boolean): Promise<number>
  /** After every claim, when the newest checkpoint is published. */
  claimed(): Promise<void>
  /** Ends what `start` began. @returns epochs that were prepared and not taken by `next` */
  stop(): Promise<readonly Produced[]>
}

/** An immutable object that must be durable before a checkpoint names it. */
export interface StateObject {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Gives each new object of a snapshot its name, tells the owner, and collects what is to be written. */
export function keepState(
  writing: Writing,
  node: string,
  snapshot: StateSnapshot,
  objects: StateObject[],
  added: ((names: readonly string[]) => void) | undefined,
): KeptState {
  const epoch = String(writing.epoch).padStart(12, '0')
  const names = snapshot.add.map((bytes, index) => {
    const name = `${epoch}-${writing.attempt}-${node}-${index}`
    objects.push({ name, bytes })
    return name
  })
  added?.(names)
  return { inline: snapshot.inline, objects: [...snapshot.keep, ...names] }
}
