import type { Clock } from './clock.ts'
import type { Json, JsonObject } from './json.ts'
import type { Logger } from './logger.ts'
import type { StoredState } from './operator.ts'

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
  /** Whether nobody else looks into the ArrayBuffer of `bytes`: it may be moved, and filled anew once read. */
  readonly owned?: true
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

/** A stretch of what a source read: bytes of a file, offsets of a partition. */
export interface SourceRange {
  /** As in the batch. */
  readonly source: string
  readonly from: number
  /** Behind its last byte or offset. */
  readonly to: number
}

/** How `rawFiles` keeps what a source read. */
export type BronzePart =
  /** Append `bytes` to a file of this extension, behind `header` where one is begun. */
  | {
      readonly kind: 'append'
      readonly extension: string
      readonly header?: Uint8Array
      /** `bytes` end inside a record, which goes on in the next batch of the same `source`. */
      readonly goesOn?: true
      /** Where they stand in `source`: the source's `reread` finds them there again. */
      readonly from?: number
      readonly to?: number
    }
  /** Append the values that `bounds` cut, one a line; `special` lists those that are more than bytes. */
  | {
      readonly kind: 'values'
      readonly special: readonly SpecialValue[]
      /** The offsets that they have, where the source's `reread` finds them again. */
      readonly from?: number
      readonly to?: number
    }
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
  readonly topology: string
  /** The lake's own history of this topology: the same for all who share its tasks, and for nobody else. */
  readonly lineage: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly mode: 'micro-batch' | 'streaming'
  /** What it may fetch ahead, bytes. @defaultValue what the unit says */
  readonly queuedBytes?: number | undefined
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
  /**
   * What identifies the source to its checkpoints: topic, cluster, number of `partitions`. Where that number
   * alone has changed, positions of before still mean the same records.
   */
  readonly identity: JsonObject
  /** One after each rebalance; undefined once this process has left. */
  next(): Promise<Assignment | undefined>
  /** Micro-batch: whether a task whose checkpoint stands there is at the end that was read when joining. */
  isAtEnd(partition: number, position: Json): boolean
  leave(): Promise<void>
}

/** What is needed to read a stretch again. */
export type RereadContext = Pick<
  SourceContext,
  'node' | 'clock' | 'logger' | 'signal' | 'batchBytes'
>

export interface Source<Out, Ports = {}> {
  readonly kind: 'source'
  readonly type: string
  readonly options: JsonObject
  readonly ports: readonly string[]
  readonly _out?: () => Out
  readonly _ports?: () => Ports
  /** Kind, root, topic …: a checkpoint refuses to go on with another one. */
  readonly identity: JsonObject
  /** Names what it reads where a sink may write the same: see `writesTo` of sinks. */
  readonly readsFrom?: string
  open(context: SourceContext): Promise<SourceReader>
  /**
   * Present where what was read once can be read again: the raw copies of exactly that stretch, in order,
   * for a staged file that was lost. All but the last batch say `goesOn`. Rejects where it is gone.
   */
  reread?(range: SourceRange, context: RereadContext): AsyncIterable<SourceBatch>
  /** Present where partitions are shared out by a coordinator: one task a partition, `open` is not used then. */
  join?(context: GroupContext): Promise<PartitionGroup>
}
