import type { Json, JsonObject } from '../../core/json.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import { isMapping } from './readYaml.ts'

/** Settings that change nothing here: words for people and for dbt's own catalogue. */
const DESCRIPTIVE = ['docs', 'description', 'group', 'quote_columns', 'event_time', 'persist_docs']

/** Settings that are not supported, with the way round each. */
const WAYS: Readonly<Record<string, string>> = {
  pre_hook: 'put its statement into the model, or into a model that this one reads',
  'pre-hook': 'put its statement into the model, or into a model that this one reads',
  post_hook: 'make what it does a model of its own',
  'post-hook': 'make what it does a model of its own',
  database: 'leave it out: all models are in one database; `schema` sets them apart',
  incremental_predicates: "put the condition into the model's SQL",
  sql_header: "put it into the model's SQL",
  grants: 'leave it out: a lake has no roles',
  snapshot_meta_column_names: 'keep history with an incremental model of strategy append',
  batch_size: 'use the strategy delete+insert by day, with the variable touched_dates',
  partition_by: 'leave it out: files are cut by the unique key of the model',
  indexes: 'leave it out: DuckDB needs none for scans',
}

const WORDS = {
  materialized: ['view', 'table', 'ephemeral', 'incremental'],
  access: ['public', 'protected', 'private'],
  severity: ['warn', 'error'],
  on_schema_change: ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'],
  incremental_strategy: ['append', 'delete+insert', 'merge'],
} as const

/** What one setting of a node changes in its config. */
export function readSetting(
  config: NodeConfig,
  name: string,
  value: Json,
  place: Place,
): Partial<NodeConfig> {
  const wrong = (expected: string): never => {
    throw projectError(place, `${name}: expected ${expected}, got ${JSON.stringify(value)}`)
  }
  const oneOf = <const Name extends keyof typeof WORDS>(
    key: Name,
  ): (typeof WORDS)[Name][number] => {
    const given = typeof value === 'string' ? value.toLowerCase().replace('_insert', '+insert') : ''
    const word = WORDS[key].find((candidate) => candidate === given)
    if (word !== undefined) return word
    throw unsupported(
      place,
      `${name}: ${JSON.stringify(value)}`,
      `use one of ${WORDS[key].join(', ')}`,
    )
  }
  const bool = (): boolean => (typeof value === 'boolean' ? value : wrong('true or false'))
  const text = (): string => (typeof value === 'string' ? value : wrong('text'))
  const names = (): string[] => {
    const all = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
    return all.length > 0 && all.every((one) => typeof one === 'string') ? all : wrong('names')
  }
  switch (name) {
    case 'materialized':
      return { materialized: oneOf(name) }
    case 'access':
      return { access: oneOf(name) }
    case 'severity':
      return { severity: oneOf(name) }
    case 'on_schema_change':
      return { onSchemaChange: oneOf(name) }
    case 'incremental_strategy':
      return value === 'default' ? {} : { strategy: oneOf(name) }
    case 'unique_key':
      return { uniqueKey: names() }
    case 'merge_update_columns':
      return { mergeUpdateColumns: names() }
    case 'merge_exclude_columns':
      return { mergeExcludeColumns: names() }
    case 'enabled':
      return { enabled: bool() }
    case 'full_refresh':
      return { fullRefresh: value === null ? undefined : bool() }
    case 'store_failures':
      return { storeFailures: bool() }
    case 'contract':
      return { contract: mapping(value)['enforced'] === true }
    case 'schema':
      return { schema: value === null ? undefined : text() }
    case 'alias':
      return { alias: value === null ? undefined : text() }
    case 'delimiter':
      return { delimiter: text() }
    case 'where':
      return { where: value === null ? undefined : text() }
    case 'warn_if':
      return { warnIf: condition(text(), place) }
    case 'error_if':
      return { errorIf: condition(text(), place) }
    case 'fail_calc':
      return { failCalc: text() }
    case 'limit':
      if (value === null) return { limit: undefined }
      return { limit: typeof value === 'number' ? value : wrong('a number') }
    case 'tags':
      return { tags: [...new Set([...config.tags, ...(isEmpty(value) ? [] : names())])] }
    case 'meta':
      return { meta: { ...config.meta, ...mapping(value) } }
    case 'column_types':
      return { columnTypes: { ...config.columnTypes, ...columnTypes(value, place) } }
    default:
      if (DESCRIPTIVE.includes(name)) return {}
      throw unsupported(place, `the setting '${name}'`, WAYS[name])
  }
}

const isEmpty = (value: Json): boolean => Array.isArray(value) && value.length === 0

const mapping = (value: Json): JsonObject => (isMapping(value) ? value : {})

/** `>10`, `!= 0`, `between 1 and 5`: a comparison with numbers and nothing else. */
function condition(text: string, place: Place): string {
  const comparison = /^\s*(?:(?:[<>]=?|!=|<>|==?)\s*\d+|between\s+\d+\s+and\s+\d+)\s*$/i
  if (comparison.test(text)) return text.trim()
  throw projectError(place, `'${text}' is no comparison with a number, such as '> 10'`)
}

function columnTypes(value: Json, place: Place): Record<string, string> {
  const entries = Object.entries(mapping(value))
  for (const [column, type] of entries) {
    if (typeof type !== 'string') throw projectError(place, `column_types: no type for '${column}'`)
  }
  return Object.fromEntries(entries) as Record<string, string>
}
