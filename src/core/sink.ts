import type { Clock } from './clock.ts'
import type { Json, JsonObject } from './json.ts'
import type { Logger } from './logger.ts'
import type { Envelope } from './record.ts'
import type { RowLayout } from './rows/rowLayout.ts'
import type { SourceBatch, SourceRange } from './source.ts'
import type { Upkeep, UpkeepContext } from './upkeep.ts'

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
  /**
   * Aborted when this writer's epochs are to end, in order or not: what fails then is not worth many more
   * tries, and what does not answer not worth a long wait. Absent: never.
   */
  readonly signal?: AbortSignal
  /** The epoch being written and the attempt's name: part of every file name. */
  epoch(): number
  attempt(): string
}

/** Takes the records of one task on one thread and makes them durable at each barrier. */
export interface Writer<In> {
  /** May return a promise where it must wait (a full buffer): the caller awaits it between batches. */
  write(record: In, envelope: Envelope): void
  /**
   * Whether stored rows like these are taken in the place of records, too: then `write` is given `StoredRows`, many
   * records at once, of which the envelope is at none. @defaultValue never
   */
  takesRows?(layout: RowLayout): boolean
  /** A batch is done, and the stored rows that came from it are valid no longer. */
  endBatch?(): void
  /** Called between batches: writes out what is over the memory bound. */
  relieve(): Promise<void>
  /** Makes everything since the last barrier durable and visible to nobody. */
  prepare(): Promise<readonly PreparedFile[]>
  /**
   * What is written once `prepare` was called, even while it is under way, belongs to the next barrier: nobody
   * needs to wait for the disk before going on. It is not called again before it is done. @defaultValue false
   */
  readonly cutsAtOnce?: boolean
  /** Forgets everything since the last barrier; files already written are the cleaner's. */
  close(): Promise<void>
}

/** Takes whole source batches, on the task's own thread (raw copies). */
export interface BatchWriter {
  writeBatch(batch: SourceBatch): Promise<void>
  prepare(): Promise<readonly PreparedFile[]>
  /** As a `Writer`'s. */
  readonly cutsAtOnce?: boolean
  close(): Promise<void>
}

/** One committed epoch of one task for one sink. */
export interface SinkCommit {
  readonly lineage: string
  readonly topology: string
  readonly task: string
  readonly node: string
  readonly epoch: number
  /** The last epoch before that gave the sink files of this task, if that is known: it must have them. */
  readonly after?: number | undefined
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

/** What came of publishing. */
export interface Published {
  /** Names a file that is gone: the caller's checkpoint was not the newest, or its upload has expired. */
  readonly missing?: string
  /** The missing file can be staged again, by `restage`. */
  readonly again?: boolean
}

/** Reads a stretch of the task's source again; absent where the source can't. */
export type Reread = ((range: SourceRange) => AsyncIterable<SourceBatch>) | undefined

/** An epoch's files with the names under which they wait now, or which one is lost and why. */
export type Restaged = { readonly files: readonly PreparedFile[] } | { readonly lost: string }

/** Makes committed files visible; one a sink and process, shared by the tasks that write to it. */
export interface Publisher {
  /** Idempotent. */
  publish(commit: SinkCommit): Promise<Published>
  /** Stages files of a committed epoch again whose uploads the store has let expire, with the same bytes. */
  restage?(commit: SinkCommit, reread: Reread): Promise<Restaged>
  /** Deletes files that were prepared and lost. */
  discard(files: readonly PreparedFile[]): Promise<void>
  /** Deletes what dead attempts left: files of this task for which `isDead(epoch, attempt)`. */
  clean(task: string, isDead: (epoch: number, attempt: string) => boolean): Promise<number>
  /** A task without any checkpoint starts. Rejects with CheckpointError if the sink knows an earlier life of it. */
  refuseForeign?(lineage: string, task: string): Promise<void>
  /** A task goes on. Rejects with CheckpointError if the sink has lost what that epoch gave it. */
  refuseLost?(lineage: string, task: string, epoch: number): Promise<void>
}

interface SinkBase<In> {
  readonly type: string
  readonly options: JsonObject
  readonly _in?: (record: In) => void
  /** Publishing order of an epoch: bronze first, then quarantine, then everything else. */
  readonly rank: 'bronze' | 'quarantine' | 'silver'
  /**
   * Names what it writes to outside of the lake. In a micro-batch a source that reads from the same ends
   * where that ended when everything had been written.
   */
  readonly writesTo?: string
  openWriter(context: WriterContext): Writer<In> | Promise<Writer<In>>
  /** Present where whole batches can be taken from a source's own stream. */
  openBatchWriter?(context: WriterContext): BatchWriter | Promise<BatchWriter>
  openPublisher(context: PublisherContext): Promise<Publisher>
  /** Present where what was written needs care: small files to fold, files that nobody needs any more. */
  openUpkeep?(context: UpkeepContext): Promise<Upkeep>
}

export interface Sink<In> extends SinkBase<In> {
  readonly kind: 'sink'
}
export interface Table<Row> extends SinkBase<Row> {
  readonly kind: 'table'
}
