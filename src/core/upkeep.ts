import type { PublisherContext } from './sink.ts'

/** What the checkpoints of a lake said of files at one moment. */
export interface FileClaims {
  /** Whether the newest checkpoint of a task names the file: it may have to be published once more. */
  isNamed(key: string): boolean
  /**
   * Whether that attempt's epoch is decided: committed, by it or by another. False where nobody knows, as of an
   * attempt that lives.
   */
  isDecided(task: string, epoch: number, attempt: string): Promise<boolean>
}

export interface UpkeepContext extends PublisherContext {
  /** Reads what checkpoints say now. */
  claims(): Promise<FileClaims>
  /** Lets others work: awaited every few milliseconds of work. */
  breathe(): Promise<void>
  /** Aborted: give up what is not decided yet. */
  readonly signal: AbortSignal
}

/** Keeps what a sink has written in good shape: by any process, at any time, one or several at once. */
export interface Upkeep {
  /** Ends what a process left half done. Called at the start of every run. */
  finish(): Promise<void>
  /** One bounded piece of work; false where there was nothing to do. */
  step(): Promise<boolean>
}
