import type { Json, JsonObject } from '../../core/json.ts'
import { withSettings } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import { nameOf } from './propertyKeys.ts'
import type { Yaml } from './readYaml.ts'

/** Rows as a unit test gives or expects them. */
export interface Fixture {
  readonly format: 'dict' | 'csv' | 'sql'
  readonly rows: Json
  /** A file of `tests/fixtures` that holds the rows. */
  readonly fixture: string | undefined
  readonly place: Place
}

/** What a model must make of rows that stand in for what it reads. */
export interface UnitTest {
  readonly name: string
  readonly model: string
  readonly description: string
  readonly given: readonly { readonly input: string; readonly rows: Fixture }[]
  readonly expect: Fixture
  readonly overrides: {
    readonly macros: JsonObject
    readonly vars: JsonObject
    readonly envVars: JsonObject
  }
  readonly config: NodeConfig
  readonly place: Place
}

const KEYS = ['name', 'model', 'description', 'given', 'expect', 'overrides', 'config', 'versions']

/** One unit test of schema.yml. */
export function unitTestOf(yaml: Yaml, start: NodeConfig): UnitTest {
  yaml.only(KEYS, 'a unit test')
  if (yaml.at('versions').value !== null) {
    throw unsupported(yaml.at('versions').place, "'versions' of a unit test", 'leave it out')
  }
  const model = yaml.at('model').text()
  if (model === undefined) throw projectError(yaml.place, 'a unit test names its model')
  const overrides = yaml.at('overrides')
  const object = (key: string): JsonObject =>
    Object.fromEntries(
      overrides
        .at(key)
        .entries()
        .map(([name, entry]) => [name, entry.value]),
    )
  return {
    name: nameOf(yaml),
    model,
    description: yaml.at('description').text() ?? '',
    given: yaml
      .at('given')
      .items()
      .map((given) => {
        const input = given.at('input').text()
        if (input === undefined) throw projectError(given.place, 'a given names its input')
        return { input, rows: fixtureOf(given) }
      }),
    expect: expectedOf(yaml),
    overrides: {
      macros: object('macros'),
      vars: object('vars'),
      envVars: object('env_vars'),
    },
    config: withSettings(start, yaml.at('config')),
    place: yaml.place,
  }
}

/** Nothing would be expected to be nothing, and pass. */
function expectedOf(yaml: Yaml): Fixture {
  if (yaml.at('expect').value !== null) return fixtureOf(yaml.at('expect'))
  throw projectError(
    yaml.place,
    'a unit test says what it expects: add `expect: { rows: [] }`, with rows',
  )
}

function fixtureOf(yaml: Yaml): Fixture {
  const format = yaml.at('format').text() ?? 'dict'
  if (format !== 'dict' && format !== 'csv' && format !== 'sql') {
    throw projectError(yaml.at('format').place, `expected dict, csv or sql, got '${format}'`)
  }
  const fixture = yaml.at('fixture').text()
  return { format, rows: yaml.at('rows').value, fixture, place: yaml.place }
}
