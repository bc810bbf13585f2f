import type { Json } from '../../core/json.ts'
import { withSetting, withSettings } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import { readYaml } from './readYaml.ts'
import type { Yaml } from './readYaml.ts'

/** A table that the project reads and does not build. */
export interface SourceTable {
  readonly source: string
  readonly table: string
  readonly place: Place
  /** The columns that are declared with a type. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** A generic test on a model, a seed or a source, as schema.yml asks for it. */
export interface GenericTest {
  readonly test: string
  readonly name: string | undefined
  /** `ref('…')` or `source('…', '…')`: what is tested. */
  readonly on: string
  /** The tested thing's own name: part of the test's. */
  readonly subject: string
  readonly column: string | undefined
  readonly arguments: Yaml
  readonly config: NodeConfig
  readonly place: Place
}

/** What one schema.yml says. */
export interface Properties {
  readonly sources: readonly SourceTable[]
  readonly tests: readonly GenericTest[]
  /** Settings of models and seeds by name. */
  readonly settings: readonly (readonly [string, (config: NodeConfig) => NodeConfig])[]
}

const NODE = ['name', 'description', 'docs', 'meta', 'tags', 'config', 'columns', 'access', 'group']
const SOURCE = ['name', 'description', 'meta', 'tags', 'config', 'tables', 'schema', 'database']
const COLUMN = ['name', 'description', 'data_type', 'meta', 'tags', 'quote', 'config']
const TESTS = ['tests', 'data_tests']

/** Reads one schema.yml. `tests` gives the settings that the project has for all tests. */
export function readProperties(root: string, file: string, tests: NodeConfig): Properties {
  const yaml = readYaml(root, file)
  yaml.only(['version', 'models', 'seeds', 'sources'], 'a schema file')
  const nodes = [...yaml.at('models').items(), ...yaml.at('seeds').items()]
  const sources = yaml.at('sources').items()
  return {
    sources: sources.flatMap(sourceTables),
    tests: [
      ...nodes.flatMap((node) => nodeTests(node, `ref('${nameOf(node)}')`, nameOf(node), tests)),
      ...sources.flatMap((source) => sourceTests(source, tests)),
    ],
    settings: nodes.map((node) => {
      node.only([...NODE, ...TESTS], 'a model')
      return [nameOf(node), (config) => nodeSettings(config, node)]
    }),
  }
}

function nodeSettings(config: NodeConfig, node: Yaml): NodeConfig {
  const access = node.at('access')
  const own =
    access.value === null ? config : withSetting(config, 'access', access.value, access.place)
  return withSettings(own, node.at('config'))
}

function sourceTables(source: Yaml): SourceTable[] {
  source.only(SOURCE, 'a source')
  return source
    .at('tables')
    .items()
    .map((table) => {
      table.only([...NODE, ...TESTS, 'identifier'], 'a table of a source')
      const columns = table.at('columns').items()
      return {
        source: nameOf(source),
        table: nameOf(table),
        place: table.place,
        columns: columns.flatMap((column) => {
          const type = column.at('data_type').text()
          return type === undefined ? [] : [{ name: nameOf(column), type }]
        }),
      }
    })
}

function sourceTests(source: Yaml, config: NodeConfig): GenericTest[] {
  const tables = source.at('tables').items()
  return tables.flatMap((table) => {
    const on = `source('${nameOf(source)}', '${nameOf(table)}')`
    return nodeTests(table, on, `${nameOf(source)}_${nameOf(table)}`, config)
  })
}

function nodeTests(node: Yaml, on: string, subject: string, config: NodeConfig): GenericTest[] {
  const own = testsOf(node).map((test) => genericTest(test, on, subject, undefined, config))
  const columns = node.at('columns').items()
  const ofColumns = columns.flatMap((column) => {
    column.only([...COLUMN, ...TESTS], 'a column')
    return testsOf(column).map((test) => genericTest(test, on, subject, nameOf(column), config))
  })
  return [...own, ...ofColumns]
}

const testsOf = (yaml: Yaml): Yaml[] => TESTS.flatMap((key) => yaml.at(key).items())

/** `unique`, or `unique: { arguments, config, … }`, with arguments also directly in it. */
function genericTest(
  yaml: Yaml,
  on: string,
  subject: string,
  column: string | undefined,
  start: NodeConfig,
): GenericTest {
  const { place } = yaml
  if (typeof yaml.value === 'string') {
    const nothing = yaml.at('arguments')
    return {
      test: yaml.value,
      name: undefined,
      on,
      subject,
      column,
      arguments: nothing,
      config: start,
      place,
    }
  }
  const [entry, second] = yaml.entries()
  if (entry === undefined || second !== undefined) {
    throw projectError(place, 'expected one test: its name, then what it takes')
  }
  const [test, body] = entry
  const inner = body.at('arguments')
  let config = withSettings(start, body.at('config'))
  for (const key of ['severity', 'where']) {
    const setting = body.at(key)
    if (setting.value !== null) config = withSetting(config, key, setting.value, setting.place)
  }
  return {
    test,
    name: body.at('name').text(),
    on,
    subject,
    column: column ?? (inner.value === null ? body : inner).at('column_name').text(),
    arguments: inner.value === null ? body : inner,
    config,
    place,
  }
}

function nameOf(yaml: Yaml): string {
  const name = yaml.at('name').text()
  if (name === undefined) throw projectError(yaml.place, 'this has no name')
  return name
}

/** A value of a list of accepted values, or anything else that SQL has a literal for. */
export function plainValue(value: Json, place: Place): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw unsupported(place, `the value ${JSON.stringify(value)}`)
}
