import type { Json, JsonObject } from '../../core/json.ts'
import { projectError, unsupported } from './projectError.ts'
import { COLUMN, nameOf } from './propertyKeys.ts'
import { isMapping } from './readYaml.ts'
import type { Yaml } from './readYaml.ts'

/** A column as schema.yml describes it. */
export interface ColumnProperties {
  readonly name: string
  readonly description: string
  readonly dataType: string | undefined
  readonly constraints: readonly Constraint[]
  readonly tags: readonly string[]
  readonly meta: JsonObject
}

/** What every row of a model with an enforced contract keeps. */
export interface Constraint {
  readonly type: 'not_null' | 'unique' | 'primary_key' | 'check'
  readonly expression: string | undefined
  /** Of a constraint of the whole model. */
  readonly columns: readonly string[]
}

/** The columns of a model, a seed or a table. */
export function columnsOf(node: Yaml): ColumnProperties[] {
  return node
    .at('columns')
    .items()
    .map((column) => {
      column.only(COLUMN, 'a column')
      const config = column.at('config')
      return {
        name: nameOf(column),
        description: column.at('description').text() ?? '',
        dataType: column.at('data_type').text(),
        constraints: constraintsOf(column),
        tags: words(column.at('tags').value ?? config.at('tags').value),
        meta: mapping(column.at('meta').value ?? config.at('meta').value),
      }
    })
}

/** What every row must keep, as a model or a column says. */
export function constraintsOf(node: Yaml): Constraint[] {
  return node
    .at('constraints')
    .items()
    .map((constraint) => {
      const type = constraint.at('type').text()
      const known = (['not_null', 'unique', 'primary_key', 'check'] as const).find(
        (one) => one === type,
      )
      if (known === undefined) {
        const way = 'test it with `relationships`, or with a singular test'
        throw unsupported(constraint.place, `a constraint of type '${type}'`, way)
      }
      const expression = constraint.at('expression').text()
      if (known === 'check' && expression === undefined) {
        throw projectError(constraint.place, 'a check needs an expression')
      }
      return { type: known, expression, columns: words(constraint.at('columns').value) }
    })
}

const mapping = (value: Json): JsonObject => (isMapping(value) ? value : {})

const words = (value: Json): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : []
