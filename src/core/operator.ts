import type { Clock } from './clock.ts'
import type { Json, JsonObject } from './json.ts'
import type { FramedBatch } from './framedBatch.ts'
import type { Envelope } from './record.ts'
import type { AnyProjection } from './projection/projection.ts'
import type { RowLayout } from './rows/rowLayout.ts'
import type { RowStore } from './rows/rowStore.ts'
import type { StoredRows } from './rows/storedRows.ts'
import type { StandardSchema } from './standardSchema.ts'

/** Where an operator puts what it makes of one record. */
export interface Outlet<Out> {
  emit(record: Out): void
  /** To the `rejected` port, with the record's envelope. */
  reject(reason: string, detail: string): void
  /** Drops the record, counted as `filtered`; goes to the `filtered` port where that is taken. */
  filter(record: unknown): void
  /** Counts a record whose bytes had to be mended; it goes on. */
  repaired(): void
}

export interface OperatorContext {
  readonly node: string
  readonly clock: Clock
  /** The check right behind, where it alone takes what this operator emits. */
  readonly check?: NextCheck | undefined
  /** Where the process has a memory budget: this operator's part in what all state may take. */
  readonly room?: StateRoom | undefined
}

/** The part of one stateful operator in the memory that all of a process may take together. */
export interface StateRoom {
  /** What it may take however much the others do, bytes. It changes with their number. */
  fairBytes(): number
  /** Says what it takes now. True: together it is too much, and this one is above its fair part. */
  isShort(heldBytes: number): boolean
  close(): void
}

/** A check that an operator may do itself while it makes a record. */
export interface NextCheck {
  readonly schema: StandardSchema
  /** In the place of `emit`: takes a record that the schema accepts and passes on as it is. */
  pass(record: unknown): void
  /** The projection behind the check, where all that follows takes stored rows. */
  readonly rows?: NextRows | undefined
}

/** A projection that a decoder may do itself while it reads a record's bytes. */
export interface NextRows {
  /** The projection of records of a shape ('' where they have none); undefined where there is none. */
  projectionOf(shape: string): AnyProjection | undefined
  /** Whether what follows takes rows like these. */
  takes(layout: RowLayout): boolean
  /** The store for the rows of the batch that is being read. */
  store(layout: RowLayout): RowStore
  /** In the place of `pass`: takes rows that stand for records which the schema accepts. */
  pass(rows: StoredRows): void
}

/** Carried by types only: what goes in, what comes out, which ports there are. */
interface Phantom<In, Out, Ports> {
  readonly _in?: (record: In) => void
  readonly _out?: () => Out
  readonly _ports?: () => Ports
}

interface OperatorBase {
  readonly kind: 'operator'
  /** The factory's name. */
  readonly type: string
  /** What `describe()` shows and, for stateful operators, what a checkpoint is compared with. */
  readonly options: JsonObject
  /** Named outlets beside the main one. */
  readonly ports: readonly string[]
}

/** Sees one record at a time and remembers nothing: runs on any thread, in any order. */
export interface StatelessOperator<In, Out, Ports = {}>
  extends OperatorBase, Phantom<In, Out, Ports> {
  readonly state: 'none'
  /** `one`: each record becomes at most one; `many`: as many as it likes. The ledger checks it. */
  readonly expands: 'one' | 'many'
  start(context: OperatorContext): (record: In, outlet: Outlet<Out>, envelope: Envelope) => void
  /** Reads records where they lie in the bytes of their batch: saves a view of each. Beside `start`. */
  startInPlace?(context: OperatorContext): InPlace<Out>
  /** What makes rows of records as data, by the records' shape ('' where they have none). */
  projects?(shape: string): AnyProjection | undefined
  /** What the operator lets through and changes nothing of: the operator in front may check it. */
  readonly checks?: StandardSchema | undefined
}

/** What reads records where they lie. */
export interface InPlace<Out> {
  readonly onBytes: OnBytes<Out>
  readonly onBatch?: OnBatch | undefined
}

/**
 * Reads records of a batch, from number `from` on, as rows for what follows (`NextRows`): how many, of none to all
 * of them. The record behind is for `onBytes`.
 */
export type OnBatch = (batch: FramedBatch, from: number) => number

/** Takes the record that is `bytes[start … end - 1]`. */
export type OnBytes<Out> = (
  bytes: Uint8Array,
  start: number,
  end: number,
  outlet: Outlet<Out>,
  envelope: Envelope,
) => void

/** The keys of one batch, in order of arrival; the memory is used for others once they are decided on. */
export interface KeyBatch {
  readonly count: number
  /** Four words a record: the 128-bit fingerprint of its key. */
  readonly fingerprints: Uint32Array
  /** Event times, ms. */
  readonly eventTimesMs: Float64Array
  /** The source partition that the batch came from. */
  readonly partition: number
  /** Processing time at which the batch was read, ms: what idleness is measured by. */
  readonly ingestedAtMs: number
}

/** What a stateful component adds to a checkpoint. */
export interface StateSnapshot {
  /** Small, kept in the checkpoint itself. */
  readonly inline: Json
  /** New immutable objects, written beside the checkpoint. */
  readonly add: readonly Uint8Array[]
  /** Objects of earlier epochs that are still needed, by the names that `restore` or `added` gave. */
  readonly keep: readonly string[]
}

/** State as it is read back. */
export interface StoredState {
  readonly inline: Json
  readonly objects: readonly string[]
  read(name: string): Promise<Uint8Array>
}

/** Decides in order, on the task's own thread, which way each record of a batch goes. */
export interface Selector {
  /** One byte a record: 0 = main outlet, k = `ports[k - 1]`. */
  select(batch: KeyBatch): Uint8Array
  restore(state: StoredState): Promise<void>
  /** What changed since the last snapshot. Called at a barrier, after the last `select` of the epoch. */
  snapshot(): Promise<StateSnapshot>
  /** The names under which the `add` objects of the last snapshot were stored. */
  added(names: readonly string[]): void
  /** For the metrics: bytes held, keys held. */
  size(): { readonly bytes: number; readonly keys: number }
  /** Frees what it holds beside memory. */
  close?(): void
}

/**
 * Lets records through or sends them to a port, by their key and event time and what came before.
 * Keys are taken where the record is decoded, on any thread; decisions fall in order of arrival.
 */
export interface SelectingOperator<In, Ports = {}> extends OperatorBase, Phantom<In, In, Ports> {
  readonly state: 'keyed'
  key(record: In): string
  /** The field that `key` returns, where it does nothing else. */
  readonly keyField?: string | undefined
  eventTimeMs(record: In): number
  /** Ports whose records are `Rejected` (late); the others carry the record itself. */
  readonly rejecting: readonly string[]
  open(context: OperatorContext): Selector
}

export type Operator<In, Out, Ports = {}> =
  StatelessOperator<In, Out, Ports> | (SelectingOperator<In, Ports> & Phantom<In, Out, Ports>)
