import type { Clock } from './clock.ts'
import type { Json, JsonObject } from './json.ts'

/** One line of the log: `event` names it in snake_case, `fields` are plain JSON. */
export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Where a record came from, valid during `onRecord` only (one object is reused for all records). */
export interface Envelope {
  /** The file, or `topic/partition`. */
  readonly source: string
  /** Byte offset in the file, element number or Kafka offset. */
  readonly offset: number
  /** Processing time at which the batch was read, in ms. */
  readonly ingestedAtMs: number
  /** The shape that the source recognised (`landingFiles`), else ''. */
  readonly shape: string
  /** The columns of the CSV file that this row is from. */
  readonly header: readonly string[] | undefined
  /** The bytes as they came; empty for records that never were bytes. A view: copy what you keep. */
  raw(): Uint8Array
}

/** A record that can't be used: never an exception, never lost. */
export interface Rejected {
  readonly fate: 'rejected' | 'late'
  /** Machine-readable: `broken_record`, `missing_id`, … */
  readonly reason: string
  /** For people: what, where, the numbers. */
  readonly detail: string
  /** The node that turned it down. */
  readonly node: string
  /** The source node whose record it was. */
  readonly origin: string
  readonly source: string
  readonly position: string
  readonly ingestedAtMs: number
  readonly raw: Uint8Array
}

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
}

/** The keys of one batch, in order of arrival. */
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
}

/**
 * Lets records through or sends them to a port, by their key and event time and what came before.
 * Keys are taken where the record is decoded, on any thread; decisions fall in order of arrival.
 */
export interface SelectingOperator<In, Ports = {}> extends OperatorBase, Phantom<In, In, Ports> {
  readonly state: 'keyed'
  key(record: In): string
  eventTimeMs(record: In): number
  /** Ports whose records are `Rejected` (late); the others carry the record itself. */
  readonly rejecting: readonly string[]
  open(context: OperatorContext): Selector
}

export type Operator<In, Out, Ports = {}> =
  StatelessOperator<In, Out, Ports> | (SelectingOperator<In, Ports> & Phantom<In, Out, Ports>)

/**
 * What a source hands over: either `values`, or `bytes` that `framing` cuts into records, and
 * records that were already turned down. Everything in it can be sent to another thread.
 */
export interface SourceBatch {
  /** Which partition of the task the records belong to; 0 where there is one. */
  readonly partition: number
  /** The file, or `topic/partition`. */
  readonly source: string
  readonly ingestedAtMs: number
  readonly values?: readonly unknown[]
  readonly bytes?: Uint8Array
  /** `lines`: NDJSON without blank lines; `csv`: RFC 4180 rows without the header; `bounds`: given. */
  readonly framing?: 'lines' | 'csv' | 'bounds'
  /** Start and end of each record in `bytes`, in pairs. */
  readonly bounds?: Uint32Array
  /** Offset of `bytes[0]` in the source; with `bounds` or `values` the number of the first record. */
  readonly baseOffset: number
  /** One offset a record, where they are not consecutive (Kafka). */
  readonly offsets?: Float64Array
  readonly shape?: string
  readonly header?: readonly string[]
  /** Records that the source itself turned down; they count as read. */
  readonly rejects?: readonly SourceReject[]
  /** What the raw copy of these records is, where it is not simply `bytes`. */
  readonly bronze?: BronzePart
}

export interface SourceReject {
  readonly reason: string
  readonly detail: string
  readonly position: string
  readonly raw: Uint8Array
}

/** A value of a batch that comes with headers, or is null (and empty in `bytes`). */
export interface SpecialValue {
  /** Which of the batch's records, from 0. */
  readonly index: number
  readonly isNull: boolean
  /** The record's key: with a null value it is all there is. */
  readonly key?: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
}

/** How `rawFiles` keeps what a source read. */
export type BronzePart =
  /** Append `bytes` to a file of this extension, behind `header` where one is begun. */
  | { readonly kind: 'append'; readonly extension: string; readonly header?: Uint8Array }
  /** Append the values that `bounds` cut, one a line; `special` lists those that are more than bytes. */
  | { readonly kind: 'values'; readonly special: readonly SpecialValue[] }
  /** Copy the whole local file once. */
  | {
      readonly kind: 'copy'
      readonly extension: string
      readonly path: string
      readonly size: number
    }
  /** Nothing: these bytes are in a part that was handed over before. */
  | { readonly kind: 'none' }

/** Where a source stands after a batch: what a checkpoint keeps of it. */
export interface SourcePosition {
  /** Small, kept in the checkpoint; equal JSON means that nothing moved. */
  readonly inline: Json
  /** New immutable objects, and names of earlier ones still needed: as in `StateSnapshot`. */
  readonly add?: readonly Uint8Array[]
  readonly keep?: readonly string[]
}

export interface SourceContext {
  readonly node: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly mode: 'micro-batch' | 'streaming'
  /** Upper bound of a batch in bytes; a single larger record may exceed it. */
  readonly batchBytes: number
  /** What the last checkpoint kept, or undefined at the very beginning. */
  readonly restored: StoredState | undefined
}

/** A source that was opened for one task. */
export interface SourceReader {
  /**
   * The next batch; `undefined` when there is nothing now. In micro-batch `undefined` is the end; in
   * streaming the runtime calls again after `context.clock.sleep`. Rejects with SourceError.
   */
  read(): Promise<SourceBatch | undefined>
  /** The position behind the last batch that `read` returned. Called at barriers. */
  position(): SourcePosition | Promise<SourcePosition>
  /** The names under which the `add` objects of the last position were stored. */
  added?(names: readonly string[]): void
  close(): Promise<void>
}

/** What a source with partitions is asked for when this process joins those who share it. */
export interface GroupContext {
  readonly node: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly mode: 'micro-batch' | 'streaming'
}

/** The partitions that belong to this process until the next rebalance. */
export interface Assignment {
  readonly partitions: readonly number[]
  /** Aborted when a rebalance begins: what is not prepared by then is dropped. */
  readonly revoked: AbortSignal
  /** Reads one partition from where `context.restored` stands. */
  open(partition: number, context: SourceContext): Promise<SourceReader>
}

/** A process's membership among those who share a source's partitions. */
export interface PartitionGroup {
  /** How many partitions the source has. */
  readonly partitions: number
  /** What identifies the source to its checkpoints: topic, cluster, number of partitions. */
  readonly identity: JsonObject
  /** One after each rebalance; undefined once this process has left. */
  next(): Promise<Assignment | undefined>
  /** Micro-batch: whether a task whose checkpoint stands there is at the end that was read when joining. */
  isAtEnd(partition: number, position: Json): boolean
  leave(): Promise<void>
}

export interface Source<Out, Ports = {}> {
  readonly kind: 'source'
  readonly type: string
  readonly options: JsonObject
  readonly ports: readonly string[]
  readonly _out?: () => Out
  readonly _ports?: () => Ports
  /** Kind, root, topic …: a checkpoint refuses to go on with another one. */
  readonly identity: JsonObject
  open(context: SourceContext): Promise<SourceReader>
  /** Present where partitions are shared out by a coordinator: one task a partition, `open` is not used then. */
  join?(context: GroupContext): Promise<PartitionGroup>
}

/** What a writer made durable and invisible: plain JSON, kept in the checkpoint. */
export interface PreparedFile {
  /** Key of the file in the lake. */
  readonly key: string
  readonly bytes: number
  /** CRC-32 of the content, unsigned. */
  readonly checksum: number
  readonly records: number
  /** Where the bytes wait until they are published: a staging key or an upload id; absent if `key` is final. */
  readonly staged?: string
  /** What the publisher needs to know of it: Delta's partition values and statistics. */
  readonly detail?: Json
}

export interface WriterContext {
  /** The sink's node name. */
  readonly node: string
  readonly task: string
  readonly topology: string
  readonly clock: Clock
  readonly runId: string
  /** Which of the task's writers this is: goes into file names. */
  readonly writer: number
  /** What this writer may hold in memory before it must start a file, in bytes. */
  readonly memoryBytes: number
  /** The epoch being written and the attempt's name: part of every file name. */
  epoch(): number
  attempt(): string
}

/** Takes the records of one task on one thread and makes them durable at each barrier. */
export interface Writer<In> {
  /** May return a promise where it must wait (a full buffer): the caller awaits it between batches. */
  write(record: In, envelope: Envelope): void
  /** Called between batches: writes out what is over the memory bound. */
  relieve(): Promise<void>
  /** Makes everything since the last barrier durable and visible to nobody. */
  prepare(): Promise<readonly PreparedFile[]>
  /** Forgets everything since the last barrier; files already written are the cleaner's. */
  close(): Promise<void>
}

/** Takes whole source batches, on the task's own thread (raw copies). */
export interface BatchWriter {
  writeBatch(batch: SourceBatch): Promise<void>
  prepare(): Promise<readonly PreparedFile[]>
  close(): Promise<void>
}

/** One committed epoch of one task for one sink. */
export interface SinkCommit {
  readonly lineage: string
  readonly topology: string
  readonly task: string
  readonly node: string
  readonly epoch: number
  readonly attempt: string
  readonly files: readonly PreparedFile[]
  readonly positions: Json
}

export interface PublisherContext {
  readonly node: string
  readonly topology: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Makes committed files visible; one a sink and process, shared by the tasks that write to it. */
export interface Publisher {
  /** Idempotent. `missing` names a file that is gone: the caller's checkpoint was not the newest. */
  publish(commit: SinkCommit): Promise<{ readonly missing?: string }>
  /** Deletes files that were prepared and lost. */
  discard(files: readonly PreparedFile[]): Promise<void>
  /** Deletes what dead attempts left: files of this task for which `isDead(epoch, attempt)`. */
  clean(task: string, isDead: (epoch: number, attempt: string) => boolean): Promise<number>
  /** A task without any checkpoint starts. Rejects with CheckpointError if the sink knows an earlier life of it. */
  refuseForeign?(lineage: string, task: string): Promise<void>
}

interface SinkBase<In> {
  readonly type: string
  readonly options: JsonObject
  readonly _in?: (record: In) => void
  /** Publishing order of an epoch: bronze first, then quarantine, then everything else. */
  readonly rank: 'bronze' | 'quarantine' | 'silver'
  openWriter(context: WriterContext): Writer<In>
  /** Present where whole batches can be taken from a source's own stream. */
  openBatchWriter?(context: WriterContext): BatchWriter
  openPublisher(context: PublisherContext): Promise<Publisher>
}

export interface Sink<In> extends SinkBase<In> {
  readonly kind: 'sink'
}
export interface Table<Row> extends SinkBase<Row> {
  readonly kind: 'table'
}
