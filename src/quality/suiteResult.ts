import type { Json, JsonObject } from '../core/json.ts'
import type { Severity } from './expectation.ts'

/** How one expectation went. Plain JSON. */
export interface ExpectationResult {
  readonly table: string
  /** Great Expectations' name in camelCase. */
  readonly type: string
  readonly kwargs: JsonObject
  readonly description: string | null
  readonly severity: Severity
  readonly success: boolean
  readonly observed: Json
  /** Rows that were judged one by one; null where none are. */
  readonly elements: number | null
  readonly unexpected: number | null
  /** Some of the failing rows: their keys and the columns they failed in. */
  readonly rows: readonly JsonObject[]
  /** Why nothing could be computed: a column that is not there, SQL that can't run. */
  readonly error: string | null
}

/** How a run of one suite went: what `lake/_quality/<suite>/` keeps. Plain JSON. */
export interface SuiteResult {
  readonly formatVersion: 1
  readonly suite: string
  /** Everything passed, warnings included. */
  readonly success: boolean
  /** Something of severity `block` failed. */
  readonly blocked: boolean
  /** Whether something else blocked the build that was judged: nothing is compared with it then. */
  readonly refused?: boolean
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationSeconds: number
  readonly tables: readonly {
    readonly table: string
    /** Null where the table can't be read. */
    readonly rows: number | null
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
  readonly expectations: readonly ExpectationResult[]
}
