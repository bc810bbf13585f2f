import type { Json, JsonObject } from '../../core/json.ts'
import { metadataOf } from './manifest.ts'
import type { Invocation } from './manifest.ts'

/** How one node of a run went, in dbt's words. */
export interface NodeResult {
  readonly uniqueId: string
  readonly status: 'success' | 'error' | 'skipped' | 'pass' | 'fail' | 'warn'
  readonly message: string | null
  /** Of a test: how many rows fail it. */
  readonly failures: number | null
  /** Of a test: a few of these rows. */
  readonly sample: readonly Json[]
  readonly thread: number
  readonly startedMs: number
  readonly endedMs: number
  readonly sql: string | null
  readonly relation: string | null
}

/** The results of a run as dbt's `run_results.json`, version 6. */
export function runResultsOf(
  results: readonly NodeResult[],
  args: JsonObject,
  invocation: Invocation,
): JsonObject {
  return {
    metadata: metadataOf('run-results', 6, invocation),
    results: results.map(
      ({ uniqueId, status, message, failures, thread, startedMs, endedMs, sql, relation }) => ({
        ...{ status, thread_id: `Thread-${thread}`, message, failures, unique_id: uniqueId },
        timing: timing(startedMs, endedMs),
        execution_time: (endedMs - startedMs) / 1000,
        ...{ adapter_response: {}, compiled: sql === null ? null : true, compiled_code: sql },
        ...{ relation_name: relation, batch_results: null },
      }),
    ),
    elapsed_time: (invocation.nowMs - invocation.startedMs) / 1000,
    args,
  }
}

/** How old the newest row of a source's table is. */
export interface FreshnessResult {
  readonly uniqueId: string
  readonly status: 'pass' | 'warn' | 'error' | 'runtime error'
  /** Milliseconds since 1970 UTC; null in an empty table. */
  readonly maxLoadedMs: number | null
  readonly snapshottedMs: number
  readonly criteria: JsonObject
  readonly message: string | null
}

/** Freshness as dbt's `sources.json`, version 3. */
export function sourcesOf(results: readonly FreshnessResult[], invocation: Invocation): JsonObject {
  return {
    metadata: metadataOf('sources', 3, invocation),
    results: results.map(({ uniqueId, status, maxLoadedMs, snapshottedMs, criteria, message }) =>
      maxLoadedMs === null || status === 'runtime error'
        ? { unique_id: uniqueId, error: message ?? 'no rows', status: 'runtime error' }
        : {
            ...{ unique_id: uniqueId, status, criteria, adapter_response: {} },
            max_loaded_at: new Date(maxLoadedMs).toISOString(),
            snapshotted_at: new Date(snapshottedMs).toISOString(),
            max_loaded_at_time_ago_in_s: (snapshottedMs - maxLoadedMs) / 1000,
            ...{ timing: timing(snapshottedMs, snapshottedMs), thread_id: 'Thread-1' },
            execution_time: 0,
          },
    ),
    elapsed_time: (invocation.nowMs - invocation.startedMs) / 1000,
  }
}

const timing = (startedMs: number, endedMs: number): Json => [
  { name: 'compile', ...span(startedMs, startedMs) },
  { name: 'execute', ...span(startedMs, endedMs) },
]
const span = (startedMs: number, endedMs: number): JsonObject => ({
  started_at: new Date(startedMs).toISOString(),
  completed_at: new Date(endedMs).toISOString(),
})
