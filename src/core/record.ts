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
