import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { FreshnessResult, NodeResult } from './artifacts/runResults.ts'

/** What a run does with the nodes that it selects: dbt's commands. */
export type ProjectCommand = 'build' | 'run' | 'test' | 'seed' | 'compile' | 'freshness'

export interface RunProjectOptions {
  /** The folder of a dbt project. */
  readonly project: string | URL
  /** A DuckDB file, made if it is not there. */
  readonly database: string
  /** @defaultValue `'main'` */
  readonly schema?: string
  /** @defaultValue `'build'` */
  readonly command?: ProjectCommand
  /** In dbt's notation: `+orders tag:daily`. @defaultValue everything */
  readonly select?: string | readonly string[]
  readonly exclude?: string | readonly string[]
  /** The folder of an earlier run's `manifest.json`: what `state:` compares with. */
  readonly state?: string
  /** Over the variables of the project. */
  readonly vars?: JsonObject
  /** Incremental models are built anew. @defaultValue `false` */
  readonly fullRefresh?: boolean
  /** Failing rows of all tests are stored. @defaultValue `false` */
  readonly storeFailures?: boolean
  /** Nodes at a time. @defaultValue 1 */
  readonly threads?: number
  /** Memory that DuckDB may hold, in bytes. @defaultValue 1 GiB */
  readonly memoryBytes?: number
  /** Where `manifest.json`, `run_results.json` and `sources.json` go. @defaultValue `<project>/target` */
  readonly target?: string
  /** @defaultValue the process's */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Pick<Clock, 'now'>
  readonly signal?: AbortSignal
}

export interface ProjectRun {
  /** No node ended with `error` or `fail`. */
  readonly success: boolean
  readonly results: readonly NodeResult[]
  /** Of the command `freshness`. */
  readonly freshness: readonly FreshnessResult[]
  /** What looks like a mistake in the project and stops nothing: properties of a model that is not there. */
  readonly warnings: readonly string[]
}

/**
 * Runs a dbt project on a DuckDB file as `dbt build` does: seeds, models, tests and unit tests in the
 * order of what they read; what is behind a failure is skipped. Writes `manifest.json` and
 * `run_results.json`, which dbt's own readers load. Sources are tables of the database, Delta tables
 * (`meta: {plugin: delta, delta_table_path}`) or files (`meta: {external_location}`).
 *
 * **Delivery**: each model changes in one step; a run that is broken off leaves those that it has
 * built. Run it again: what is there is built anew or, where it is incremental, added to.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT`, `SBX_MODELS_UNSUPPORTED`, `SBX_MODELS_SELECT`,
 *   `SBX_MISSING_PEER`; what a node's SQL does wrong is in the results
 * @example
 * ```ts
 * const { success, results } = await runProject({
 *   project: './models',
 *   database: './warehouse.duckdb',
 *   select: 'state:modified+',
 *   state: './last-run',
 * })
 * for (const { uniqueId, status } of results) console.log(uniqueId, status)
 * console.log(success)
 * ```
 * @see https://docs.getdbt.com/reference/commands/build
 */
export async function runProject(options: RunProjectOptions): Promise<ProjectRun> {
  const { runCommand } = await import('./run/runCommand.ts')
  return runCommand(options)
}
