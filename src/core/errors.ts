/** What every error of this library carries. Text: what happened, where, the numbers, what to do. */
export interface SluiceboxErrorOptions {
  /** Stable code, `SBX_…`; listed in `docs/errors.md`. */
  readonly code: `SBX_${string}`
  /** The node in whose name it happened. */
  readonly node?: string | undefined
  /** True where the very same call may succeed later. @defaultValue false */
  readonly retryable?: boolean
  readonly cause?: unknown
}

/** The base of all errors that this library throws on purpose. */
export class SluiceboxError extends Error {
  readonly code: string
  readonly node: string | undefined
  readonly retryable: boolean

  constructor(message: string, options: SluiceboxErrorOptions) {
    super(options.node === undefined ? message : `${options.node}: ${message}`, {
      cause: options.cause,
    })
    this.name = new.target.name
    this.code = options.code
    this.node = options.node
    this.retryable = options.retryable ?? false
  }
}

/** The developer must change the definition or the settings. Thrown before any record is read. */
export class ConfigError extends SluiceboxError {}
/** A source can't be read: missing, refused, changed under the reader. */
export class SourceError extends SluiceboxError {}
/** A sink or the lake can't be written: full, read-only, unreachable. */
export class SinkError extends SluiceboxError {}
/** A user's function threw on a record. */
export class OperatorError extends SluiceboxError {}
/** A checkpoint, lease or log is damaged, or belongs to a changed topology. Nothing was changed. */
export class CheckpointError extends SluiceboxError {}
/** A blocking expectation failed: readers keep seeing the version before. */
export class GateError extends SluiceboxError {}
