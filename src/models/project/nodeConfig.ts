import type { Json, JsonObject } from '../../core/json.ts'
import type { Place } from './projectError.ts'
import type { Yaml } from './readYaml.ts'
import { readSetting } from './readSetting.ts'

/** How the rows of a run join those that an incremental model has. */
export type Strategy = 'append' | 'delete+insert' | 'merge'

/** What an incremental model does where its columns are not those of its table any more. */
export type OnSchemaChange = 'ignore' | 'fail' | 'append_new_columns' | 'sync_all_columns'

/** What dbt calls the config of a model, a seed or a test. */
export interface NodeConfig {
  readonly materialized: 'view' | 'table' | 'ephemeral' | 'incremental'
  /** Public models are published; the others serve the build alone. */
  readonly access: 'public' | 'protected' | 'private'
  readonly enabled: boolean
  /** Undefined: merge or delete+insert where there is a unique key, else append. */
  readonly strategy: Strategy | undefined
  readonly uniqueKey: readonly string[]
  readonly mergeUpdateColumns: readonly string[]
  readonly mergeExcludeColumns: readonly string[]
  readonly onSchemaChange: OnSchemaChange
  /** Built anew each time (true) or never (false), whatever a run says. */
  readonly fullRefresh: boolean | undefined
  /** Whether the columns of the SQL must be those of schema.yml. */
  readonly contract: boolean
  readonly schema: string | undefined
  readonly alias: string | undefined
  readonly tags: readonly string[]
  readonly meta: JsonObject
  /** Types of a seed's columns by name. */
  readonly columnTypes: Readonly<Record<string, string>>
  readonly delimiter: string
  readonly severity: 'warn' | 'error'
  /** Which rows a test looks at. */
  readonly where: string | undefined
  /** Conditions on the number of failing rows. */
  readonly warnIf: string
  readonly errorIf: string
  /** How the failing rows are counted. */
  readonly failCalc: string
  /** How many failing rows are looked for. */
  readonly limit: number | undefined
  readonly storeFailures: boolean
  /** Every setting as given, by dbt's names. */
  readonly given: JsonObject
}

export const DEFAULT_CONFIG: NodeConfig = Object.freeze({
  materialized: 'view',
  access: 'protected',
  enabled: true,
  strategy: undefined,
  uniqueKey: [],
  mergeUpdateColumns: [],
  mergeExcludeColumns: [],
  onSchemaChange: 'ignore',
  fullRefresh: undefined,
  contract: false,
  schema: undefined,
  alias: undefined,
  tags: [],
  meta: {},
  columnTypes: {},
  delimiter: ',',
  severity: 'error',
  where: undefined,
  warnIf: '!= 0',
  errorIf: '!= 0',
  failCalc: 'count(*)',
  limit: undefined,
  storeFailures: false,
  given: {},
})

/** One setting over those that were there before. */
export function withSetting(
  config: NodeConfig,
  name: string,
  value: Json,
  place: Place,
): NodeConfig {
  const read = readSetting(config, name, value, place)
  const own = name === 'tags' ? [...(read.tags ?? config.tags)] : value
  return { ...config, ...read, given: { ...config.given, [name]: own } }
}

/** All settings of a mapping, over those that were there before. */
export function withSettings(config: NodeConfig, settings: Yaml): NodeConfig {
  return settings
    .entries()
    .reduce((all, [name, entry]) => withSetting(all, name, entry.rendered(), entry.place), config)
}

/** The settings that a file gives itself. */
export function withOwnSettings(
  config: NodeConfig,
  settings: Readonly<Record<string, Json>>,
  file: string,
): NodeConfig {
  return Object.entries(settings).reduce(
    (all, [name, value]) => withSetting(all, name, value, { file }),
    config,
  )
}

/** What dbt_project.yml says of the node at `path`: settings of outer folders first. */
export function folderConfig(tree: Yaml, path: readonly string[], start: NodeConfig): NodeConfig {
  const here = tree
    .entries()
    .filter(([name]) => name.startsWith('+'))
    .reduce(
      (all, [name, entry]) => withSetting(all, name.slice(1), entry.rendered(), entry.place),
      start,
    )
  const [next, ...rest] = path
  if (next === undefined || tree.value === null) return here
  const inner = tree.at(next)
  // A word where a folder's settings could stand is a setting without its plus.
  if (inner.value !== null && (typeof inner.value !== 'object' || Array.isArray(inner.value))) {
    return here
  }
  return folderConfig(inner, rest, here)
}

/** The strategy of an incremental model: without a key there is nothing to replace. */
export const strategyOf = ({ strategy = 'delete+insert', uniqueKey }: NodeConfig): Strategy =>
  uniqueKey.length === 0 ? 'append' : strategy
