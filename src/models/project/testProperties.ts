import type { Json } from '../../core/json.ts'
import { withSetting, withSettings } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import { nameOf } from './propertyKeys.ts'
import type { Yaml } from './readYaml.ts'

/** A generic test on a model, a seed or a source, as schema.yml asks for it. */
export interface GenericTest {
  readonly test: string
  readonly name: string | undefined
  readonly description: string
  /** `ref('…')` or `source('…', '…')`: what is tested. */
  readonly on: string
  /** The tested thing's own name: part of the test's. */
  readonly subject: string
  readonly column: string | undefined
  readonly arguments: readonly (readonly [string, Yaml])[]
  readonly config: NodeConfig
  readonly place: Place
}

interface Subject {
  readonly on: string
  readonly subject: string
  readonly config: NodeConfig
}

const SETTINGS = [
  ...['severity', 'where', 'warn_if', 'error_if', 'limit', 'fail_calc', 'store_failures'],
  ...['tags', 'enabled', 'meta'],
]
const OWN = ['name', 'description', 'config', 'arguments', 'column_name', ...SETTINGS]

/** The tests of a model, a seed or a table and of its columns. */
export function testsOf(node: Yaml, subject: Subject): GenericTest[] {
  const own = listed(node).map((test) => genericTest(test, subject, undefined))
  const columns = node.at('columns').items()
  const ofColumns = columns.flatMap((column) => {
    const config = withTags(subject.config, column)
    return listed(column).map((test) => genericTest(test, { ...subject, config }, nameOf(column)))
  })
  return [...own, ...ofColumns]
}

/** Tests have the tags of their column. */
function withTags(config: NodeConfig, column: Yaml): NodeConfig {
  const candidates = [column.at('tags'), column.at('config').at('tags')]
  return candidates
    .filter(({ value }) => value !== null)
    .reduce((all, tags) => withSetting(all, 'tags', tags.rendered(), tags.place), config)
}

const listed = (yaml: Yaml): Yaml[] =>
  ['tests', 'data_tests'].flatMap((key) => [...yaml.at(key).items()])

/** `unique`, or `unique: { arguments, config, … }`, with arguments also directly in it. */
function genericTest(yaml: Yaml, subject: Subject, column: string | undefined): GenericTest {
  const { place } = yaml
  if (typeof yaml.value === 'string') return named(yaml.value, yaml.at('arguments'), yaml)
  const inlineName = yaml.at('test_name').text()
  const [entry, second] = yaml.entries()
  if (inlineName !== undefined) return named(inlineName, yaml, yaml)
  if (entry === undefined || second !== undefined) {
    throw projectError(place, 'expected one test: its name, then what it takes')
  }
  return named(entry[0], entry[1], yaml)

  function named(test: string, body: Yaml, { place }: Yaml): GenericTest {
    const inner = body.at('arguments')
    let config = subject.config
    for (const key of SETTINGS) {
      const setting = body.at(key)
      if (setting.value !== null) {
        config = withSetting(config, key, setting.rendered(), setting.place)
      }
    }
    config = withSettings(config, body.at('config'))
    const given = [
      ...body.entries().filter(([name]) => !OWN.includes(name) && name !== 'test_name'),
      ...inner.entries().filter(([name]) => name !== 'column_name'),
    ]
    return {
      ...{ test, on: subject.on, subject: subject.subject, config, place },
      name: body.at('name').text(),
      description: body.at('description').text() ?? '',
      column: column ?? body.at('column_name').text() ?? inner.at('column_name').text(),
      arguments: given,
    }
  }
}

/** A value of a list of accepted values, or anything else that SQL has a literal for. */
export function plainValue(value: Json, place: Place): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw unsupported(place, `the value ${JSON.stringify(value)}`)
}
