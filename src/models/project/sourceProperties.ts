import type { Json, JsonObject } from '../../core/json.ts'
import { columnsOf } from './columnProperties.ts'
import type { ColumnProperties } from './columnProperties.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError } from './projectError.ts'
import type { Place } from './projectError.ts'
import { NODE, SOURCE, nameOf } from './propertyKeys.ts'
import { isMapping } from './readYaml.ts'
import type { Yaml } from './readYaml.ts'

/** A table that the project reads and does not build. */
export interface SourceTable {
  readonly source: string
  readonly table: string
  readonly place: Place
  readonly description: string
  readonly sourceDescription: string
  readonly loader: string
  /** Where it is in the database, if it is there. */
  readonly schema: string
  readonly identifier: string
  readonly properties: readonly ColumnProperties[]
  /** The columns that are declared with a type. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly tags: readonly string[]
  /** With Jinja resolved: where dbt-duckdb finds it. */
  meta(): JsonObject
  /** As the file has it. */
  readonly rawMeta: JsonObject
  readonly freshness: Freshness | undefined
}

/** How old the newest row of a table may be. */
export interface Freshness {
  /** An expression for the time at which a row came. */
  readonly loadedAtField: string
  readonly filter: string | undefined
  readonly warnAfter: Age | undefined
  readonly errorAfter: Age | undefined
}

export interface Age {
  readonly count: number
  readonly period: 'minute' | 'hour' | 'day'
}

/** The tables of one source. */
export function sourceTables(source: Yaml, start: NodeConfig): SourceTable[] {
  source.only(SOURCE, 'a source')
  return source
    .at('tables')
    .items()
    .map((table) => {
      const allowed = [...NODE, 'identifier', 'loaded_at_field', 'freshness', 'loader', 'quoting']
      table.only([...allowed, 'external'], 'a table of a source')
      const properties = columnsOf(table)
      const metas = [source, table].flatMap((yaml) => [
        yaml.at('meta'),
        yaml.at('config').at('meta'),
      ])
      return {
        source: nameOf(source),
        table: nameOf(table),
        place: table.place,
        description: table.at('description').text() ?? '',
        sourceDescription: source.at('description').text() ?? '',
        loader: source.at('loader').text() ?? '',
        schema: source.at('schema').text() ?? nameOf(source),
        identifier: table.at('identifier').text() ?? nameOf(table),
        properties,
        columns: properties.flatMap(({ name, dataType }) =>
          dataType === undefined ? [] : [{ name, type: dataType }],
        ),
        tags: [...start.tags, ...tagsOf(source), ...tagsOf(table)],
        meta: () => merged(metas.map((meta) => meta.rendered())),
        rawMeta: merged(metas.map((meta) => meta.value)),
        freshness: freshnessOf(source, table),
      }
    })
}

const tagsOf = (yaml: Yaml): string[] =>
  [yaml.at('tags').value, yaml.at('config').at('tags').value].flatMap((tags) =>
    typeof tags === 'string' ? [tags] : Array.isArray(tags) ? tags.map(String) : [],
  )

const merged = (metas: readonly Json[]): JsonObject =>
  Object.assign({}, ...metas.filter((meta) => typeof meta === 'object')) as JsonObject

function freshnessOf(source: Yaml, table: Yaml): Freshness | undefined {
  const candidates = [source, table].flatMap((yaml) => [yaml, yaml.at('config')])
  const last = (key: string): Yaml | undefined =>
    candidates.map((yaml) => yaml.at(key)).findLast(({ value }) => value !== null)
  const freshness = last('freshness')
  // `freshness: null` takes a table out of what its source says.
  const own = isMapping(table.value) ? table.value : {}
  if (freshness === undefined || own['freshness'] === null) return undefined
  for (const one of candidates) {
    one.at('freshness').only(['warn_after', 'error_after', 'filter'], 'freshness')
  }
  // What a table says of itself goes over what its source says, part by part.
  const part = (key: string): Yaml | undefined =>
    candidates.map((yaml) => yaml.at('freshness').at(key)).findLast(({ value }) => value !== null)
  const warnAfter = ageOf(part('warn_after'))
  const errorAfter = ageOf(part('error_after'))
  if (warnAfter === undefined && errorAfter === undefined) return undefined
  const loadedAtField = last('loaded_at_field')?.text()
  if (loadedAtField === undefined) {
    throw projectError(freshness.place, 'freshness needs a loaded_at_field')
  }
  return { loadedAtField, filter: part('filter')?.text(), warnAfter, errorAfter }
}

function ageOf(yaml: Yaml | undefined): Age | undefined {
  if (yaml === undefined) return undefined
  const count = yaml.at('count').rendered()
  const period = yaml.at('period').rendered()
  if (typeof count === 'number' && (period === 'minute' || period === 'hour' || period === 'day')) {
    return { count, period }
  }
  throw projectError(yaml.place, 'expected a count and a period: minute, hour or day')
}
