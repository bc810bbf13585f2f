import { columnsOf, constraintsOf } from './columnProperties.ts'
import type { ColumnProperties, Constraint } from './columnProperties.ts'
import { withSetting, withSettings } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { unsupported } from './projectError.ts'
import type { Place } from './projectError.ts'
import { readYaml } from './readYaml.ts'
import type { RenderText, Yaml } from './readYaml.ts'
import { NODE, SINGULAR, nameOf } from './propertyKeys.ts'
import { sourceTables } from './sourceProperties.ts'
import type { SourceTable } from './sourceProperties.ts'
import { testsOf } from './testProperties.ts'
import type { GenericTest } from './testProperties.ts'
import { unitTestOf } from './unitTestProperties.ts'
import type { UnitTest } from './unitTestProperties.ts'

/** What schema.yml says of one model, seed or singular test. */
export interface NodeProperties {
  readonly kind: 'node' | 'test'
  readonly name: string
  readonly place: Place
  readonly description: string
  readonly columns: readonly ColumnProperties[]
  readonly constraints: readonly Constraint[]
  apply(config: NodeConfig): NodeConfig
}

/** What one schema.yml says. */
export interface Properties {
  readonly nodes: readonly NodeProperties[]
  readonly sources: readonly SourceTable[]
  readonly tests: readonly GenericTest[]
  readonly unitTests: readonly UnitTest[]
}

/** Where in dbt_project.yml the settings of all tests and sources come from. */
export interface Defaults {
  readonly test: NodeConfig
  readonly source: NodeConfig
  readonly unitTest: NodeConfig
}

const WAYS: Readonly<Record<string, string>> = {
  snapshots: 'keep history with an incremental model of strategy append',
  metrics: 'write it as a model',
  semantic_models: 'write it as a model',
  saved_queries: 'write it as a model',
}
const IGNORED = ['version', 'exposures', 'groups', 'macros', 'analyses', 'anchors']
const READ = ['models', 'seeds', 'sources', 'unit_tests', 'data_tests']

/** Reads one schema.yml. */
export function readProperties(
  root: string,
  file: string,
  defaults: Defaults,
  render: RenderText,
): Properties {
  const yaml = readYaml(root, file, render)
  for (const [key, entry] of yaml.entries()) {
    if ([...IGNORED, ...READ].includes(key)) continue
    throw unsupported(entry.place, `'${key}' of a schema file`, WAYS[key])
  }
  const nodes = [...yaml.at('models').items(), ...yaml.at('seeds').items()]
  const sources = yaml.at('sources').items()
  const singular = yaml.at('data_tests').items()
  return {
    nodes: [
      ...nodes.map((node) => nodeProperties(node, 'node')),
      ...singular.map((test) => nodeProperties(test, 'test')),
    ],
    sources: sources.flatMap((source) => sourceTables(source, defaults.source)),
    tests: [
      ...nodes.flatMap((node) => {
        const on = `ref('${nameOf(node)}')`
        return testsOf(node, { on, subject: nameOf(node), config: defaults.test })
      }),
      ...sources.flatMap((source) =>
        source
          .at('tables')
          .items()
          .flatMap((table) => {
            const on = `source('${nameOf(source)}', '${nameOf(table)}')`
            const subject = `${nameOf(source)}_${nameOf(table)}`
            return testsOf(table, { on, subject, config: defaults.test })
          }),
      ),
    ],
    unitTests: yaml
      .at('unit_tests')
      .items()
      .map((test) => unitTestOf(test, defaults.unitTest)),
  }
}

function nodeProperties(node: Yaml, kind: NodeProperties['kind']): NodeProperties {
  if (kind === 'node') node.only(NODE, 'a model')
  else node.only(SINGULAR, 'a singular test')
  return {
    kind,
    name: nameOf(node),
    place: node.place,
    description: node.at('description').text() ?? '',
    columns: columnsOf(node),
    constraints: constraintsOf(node),
    apply: (config) => {
      let own = config
      for (const key of ['access', 'tags', 'meta', 'docs', 'group']) {
        const setting = node.at(key)
        if (setting.value !== null) own = withSetting(own, key, setting.rendered(), setting.place)
      }
      return withSettings(own, node.at('config'))
    },
  }
}
