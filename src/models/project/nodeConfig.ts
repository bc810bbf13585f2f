import type { Json } from '../../core/json.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import type { Yaml } from './readYaml.ts'

/** What dbt calls the config of a model, a seed or a test, as far as it matters here. */
export interface NodeConfig {
  readonly materialized: 'view' | 'table' | 'ephemeral' | 'incremental'
  /** Public models are published; the others serve the build alone. */
  readonly access: 'public' | 'protected' | 'private'
  readonly enabled: boolean
  /** Types of a seed's columns by name. */
  readonly columnTypes: Readonly<Record<string, string>>
  readonly severity: 'warn' | 'error'
  /** Which rows a test looks at. */
  readonly where: string | undefined
}

export const DEFAULT_CONFIG: NodeConfig = Object.freeze({
  materialized: 'view',
  access: 'protected',
  enabled: true,
  columnTypes: {},
  severity: 'error',
  where: undefined,
})

/** Settings that change nothing here: words for people and for dbt's own catalogue. */
const DESCRIPTIVE = ['tags', 'meta', 'docs', 'description', 'group']

/** One setting over those that were there before. */
export function withSetting(
  config: NodeConfig,
  name: string,
  value: Json,
  place: Place,
): NodeConfig {
  const oneOf = <const Word extends string>(words: readonly Word[]): Word => {
    const word = words.find((candidate) => candidate === value)
    if (word !== undefined) return word
    throw unsupported(place, `${name}: ${JSON.stringify(value)}`)
  }
  switch (name) {
    case 'materialized':
      return { ...config, materialized: oneOf(['view', 'table', 'ephemeral', 'incremental']) }
    case 'access':
      return { ...config, access: oneOf(['public', 'protected', 'private']) }
    case 'severity':
      return { ...config, severity: oneOf(['warn', 'error']) }
    case 'enabled':
      if (typeof value === 'boolean') return { ...config, enabled: value }
      throw projectError(place, `enabled: expected true or false, got ${JSON.stringify(value)}`)
    case 'where':
      if (typeof value === 'string') return { ...config, where: value }
      throw projectError(place, `where: expected a condition, got ${JSON.stringify(value)}`)
    case 'column_types':
      return { ...config, columnTypes: { ...config.columnTypes, ...columnTypes(value, place) } }
    default:
      if (DESCRIPTIVE.includes(name)) return config
      throw unsupported(place, `the setting '${name}'`)
  }
}

/** All settings of a mapping, over those that were there before. */
export function withSettings(config: NodeConfig, settings: Yaml): NodeConfig {
  return settings
    .entries()
    .reduce((all, [name, entry]) => withSetting(all, name, entry.value, entry.place), config)
}

/** What dbt_project.yml says of the node at `path`: settings of outer folders first. */
export function folderConfig(tree: Yaml, path: readonly string[], start: NodeConfig): NodeConfig {
  const here = tree
    .entries()
    .filter(([name]) => name.startsWith('+'))
    .reduce((all, [name, { value, place }]) => withSetting(all, name.slice(1), value, place), start)
  const [next, ...rest] = path
  return next === undefined || tree.value === null ? here : folderConfig(tree.at(next), rest, here)
}

function columnTypes(value: Json, place: Place): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  for (const [column, type] of entries) {
    if (typeof type !== 'string') throw projectError(place, `column_types: no type for '${column}'`)
  }
  return Object.fromEntries(entries) as Record<string, string>
}
