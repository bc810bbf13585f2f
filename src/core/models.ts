import type { Figures } from './figures.ts'
import type { Json, JsonObject } from './json.ts'
import type { TableHandle } from './topology.ts'
import type { PreparedFile, PublisherContext, SinkCommit } from './unit.ts'

/**
 * A project of SQL models over tables of the same topology: one task. An epoch of it is one build of
 * all its models over pinned versions of what it reads.
 */
export interface ModelsUnit {
  readonly kind: 'models'
  readonly type: string
  readonly options: JsonObject
  /** The tables that it reads, by the name which the models give them. */
  readonly reads: Readonly<Record<string, TableHandle>>
  open(context: ModelsContext): Promise<ModelsBuilder>
}

export interface ModelsContext extends PublisherContext {
  readonly lineage: string
  /** Gives up a running build. */
  readonly signal?: AbortSignal
  /** A local folder for builds in progress. @defaultValue the system's folder for temporary files */
  readonly workDirectory?: string
  /** Threads that a build may use. @defaultValue the number of cores */
  readonly threads?: number
  /** Memory that a build may hold before it spills to the work folder. @defaultValue what the unit says */
  readonly memoryBytes?: number
}

/** What one build is made of and named by. */
export interface BuildRequest {
  /** What `inputs` returned: the versions that this build reads. */
  readonly inputs: Json
  readonly epoch: number
  readonly attempt: string
  readonly task: string
  /** What the newest checkpoint keeps of this unit; null before the first build. */
  readonly state: Json
}

/** A build that is durable and visible to nobody. */
export interface Build {
  readonly files: readonly PreparedFile[]
  /** For the checkpoint of this epoch. */
  readonly state: Json
  readonly report: BuildReport
}

/** What a build made and how it was checked. */
export interface BuildReport {
  /** Number of the version that this build becomes: 1, 2, … */
  readonly version: number
  /** Rows of each published model. */
  readonly rows: Readonly<Record<string, number>>
  readonly checks: readonly CheckResult[]
  readonly durationSeconds: number
  /** The days that were built over the version before; null: everything was built. */
  readonly touched: readonly string[] | null
}

/** How one test or expectation went. */
export interface CheckResult {
  readonly name: string
  readonly severity: 'warn' | 'error'
  readonly failures: number
  /** A few of the failing rows, as JSON. */
  readonly sample: readonly Json[]
}

/** Runs SQL on the models as built and not yet published. */
export type BuildQuery = (sql: string) => Promise<readonly JsonObject[]>

/**
 * Judges a build before it is published. A failure of severity `error` rejects the build: readers keep
 * what they see.
 */
export interface BuildGate {
  readonly name: string
  /** `figures`: what others have asked too need not be computed again. */
  readonly check: GateCheck
  /**
   * Begins with what can be judged before the models are there, by a connection of its own, while they are made. A
   * build that calls it goes on with the check that it resolves with, in place of the gate's own.
   *
   * @defaultValue nothing is judged before
   */
  begin?(query: BuildQuery, figures: Figures): Promise<GateCheck>
  /** Hears that the build which it judged last is not published, whoever refused it. */
  refused?(): Promise<void>
}

export type GateCheck = (query: BuildQuery, figures?: Figures) => Promise<readonly CheckResult[]>

/** A models unit that was opened for its task. */
export interface ModelsBuilder {
  /** The current version of every table read, null where there is none. Equal JSON: nothing to do. */
  inputs(): Promise<Json>
  /**
   * Builds everything from the pinned versions, checks it and makes it durable, visible to nobody.
   * Rejects with GateError where a check of severity `error` fails; nothing was changed then.
   */
  prepare(request: BuildRequest): Promise<Build>
  /**
   * Makes a committed build visible. Idempotent. `missing` names a prepared file that is gone: the
   * caller's checkpoint was not the newest.
   */
  publish(commit: SinkCommit): Promise<{ readonly missing?: string }>
  /** Puts the newest published version in place again. Called at every claim. */
  promote(): Promise<void>
  /** Deletes files that were prepared and lost. */
  discard(files: readonly PreparedFile[]): Promise<void>
  /** Deletes what dead attempts left; returns how many files. */
  clean(task: string, isDead: (epoch: number, attempt: string) => boolean): Promise<number>
  close(): Promise<void>
}
