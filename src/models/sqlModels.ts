import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Column } from '../core/columns.ts'
import { ConfigError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { BuildGate, ModelsUnit } from '../core/models.ts'
import type { TableHandle } from '../core/topology.ts'
import { checkKey } from '../lake/checkKey.ts'
import { KEPT_VERSIONS } from './publish/versions.ts'

export interface SqlModelsOptions {
  /** Folder, `s3://bucket/prefix` or `memory:<id>`. */
  readonly lake: string
  /** The folder of a dbt project. */
  readonly project: string | URL
  /** The tables that the project reads as `source('…', name)`, by that name. */
  readonly reads: Readonly<Record<string, TableHandle>>
  /** Where in the lake the models go. @defaultValue `'gold'` */
  readonly path?: string
  /** Schema of the models in the DuckDB file. @defaultValue `'main'` */
  readonly schema?: string
  /** Judge each build beside the project's own tests. @defaultValue none */
  readonly gates?: readonly BuildGate[]
  /** Over the variables of the project. @defaultValue none */
  readonly vars?: JsonObject
  /** Whether incremental models add to the version before. @defaultValue `true` */
  readonly incremental?: boolean
  /** How many versions stay, for readers and for `rollbackModels`. @defaultValue 3 */
  readonly keptVersions?: number
  /** What DuckDB may hold during a build, in bytes from 64 MiB on; the rest is spilled. @defaultValue 1 GiB */
  readonly memoryBytes?: number
}

const LEAST_MEMORY = 64 * 2 ** 20

/**
 * Builds a dbt project on embedded DuckDB whenever what it reads has changed, and publishes every model
 * whose `access` is `public`: as the Delta table `<path>/<model>/` and as a table of
 * `<path>/<path>.duckdb`. dbt itself (dbt-duckdb) runs the same folder and makes the same tables.
 *
 * Of dbt it has: models as views, tables, incremental (append, delete+insert, merge) and ephemeral
 * ones; seeds; sources; `ref`, `source`, `config`, `var`, `env_var`, `this`, `target`,
 * `is_incremental`, the project's macros and what nunjucks has of Jinja; the tests unique, not_null,
 * accepted_values, relationships, the project's own generic ones, singular ones and unit tests;
 * contracts. A source that is older than its `error_after` rejects a build; rows that fail a test are kept in
 * `_quality/_failures`, up to 1000 of them with `store_failures`. Everything else is an error with file, line, feature and the way round it.
 *
 * Incremental models that are public go on from the version before. The variable `touched_dates` has
 * the days (the partitions `date` of the tables read) that have new rows since; it is not set where
 * everything is built: first, after any change of the models, and whenever the logs of the tables read
 * tell of more than added rows.
 *
 * **State**: the number of the version, in the checkpoint. In a build DuckDB holds `memoryBytes` at most and
 * spills the rest to its work folder; the process needs up to half as much again. A lake that is no folder is fetched there file by file.
 *
 * **Delivery**: exactly once. A build is made aside and checked; where a test of severity `error` or a
 * gate fails, nothing changes. Each Delta table changes in one step; `<path>/_versions/<n>.json`, written
 * last, names the matching version of every table and the immutable database of that version. The DuckDB
 * file is put in place in one step: readers keep the one they have open.
 *
 * @throws ConfigError `SBX_MODELS_OPTIONS`, `SBX_MODELS_PROJECT`, `SBX_MODELS_UNSUPPORTED`,
 *   `SBX_MISSING_PEER`; GateError `SBX_MODELS_CHECK`; OperatorError `SBX_MODELS_SQL`; CheckpointError
 *   `SBX_MODELS_VERSION`, `SBX_MODELS_SOURCE`, `SBX_MODELS_CHECKPOINT`
 * @example
 * ```ts
 * const posts = cleaned.toTable('silver.posts', deltaTable({ lake, path: 'silver/posts', schema: Post }))
 * flow.models('gold', sqlModels({ lake, project: './models', reads: { posts } }))
 * ```
 * @see https://docs.getdbt.com/reference for what the files of a project mean
 */
export function sqlModels(options: SqlModelsOptions): ModelsUnit {
  const { lake, reads, path = 'gold', schema = 'main', gates = [], vars = {} } = options
  const { incremental = true, keptVersions = KEPT_VERSIONS, memoryBytes = 2 ** 30 } = options
  checkKey(path)
  if (!Number.isInteger(keptVersions) || keptVersions < 2) {
    throw new ConfigError(
      `sqlModels: keptVersions must be a whole number from 2 on, got ${keptVersions}`,
      { code: 'SBX_MODELS_OPTIONS' },
    )
  }
  if (!(memoryBytes >= LEAST_MEMORY && Number.isFinite(memoryBytes))) {
    throw new ConfigError(
      `sqlModels: memoryBytes must be ${LEAST_MEMORY} or more, got ${memoryBytes}`,
      { code: 'SBX_MODELS_OPTIONS' },
    )
  }
  const root = resolve(
    options.project instanceof URL ? fileURLToPath(options.project) : options.project,
  )
  const paths = Object.fromEntries(
    Object.entries(reads).map(([name, handle]) => [name, pathOf(name, handle)]),
  )
  const columns = Object.fromEntries(
    Object.entries(reads).flatMap(
      ([
        name,
        {
          options: { columns },
        },
      ]) => (Array.isArray(columns) ? [[name, columns as readonly Column[]]] : []),
    ),
  )
  return Object.freeze<ModelsUnit>({
    kind: 'models',
    type: 'sqlModels',
    options: { lake, path, schema, project: basename(root), reads: paths },
    reads,
    async open(context) {
      // Templates, YAML and DuckDB are loaded by those who build.
      const { openModels } = await import('./openModels.ts')
      const project = { root, vars, schema, path, reads: paths, columns, gates }
      return openModels({ ...project, lake, incremental, keptVersions, memoryBytes }, context)
    },
  })
}

function pathOf(name: string, { options }: TableHandle): string {
  const path = options['path']
  if (typeof path === 'string') return path
  throw new ConfigError(
    `sqlModels: reads.${name} is no table in a lake: its options have no path; give a deltaTable`,
    { code: 'SBX_MODELS_OPTIONS' },
  )
}
