import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import { ConfigError } from '../../core/errors.ts'
import { listFiles } from './listFiles.ts'
import { projectError, unsupported } from './projectError.ts'
import { readYaml } from './readYaml.ts'
import type { Yaml } from './readYaml.ts'

/** dbt_project.yml, as far as it matters here. */
export interface ProjectFile {
  readonly name: string
  readonly vars: JsonObject
  readonly modelPaths: readonly string[]
  readonly seedPaths: readonly string[]
  readonly testPaths: readonly string[]
  readonly macroPaths: readonly string[]
  /** Settings by folder. */
  readonly models: Yaml
  readonly seeds: Yaml
  readonly tests: Yaml
}

const FILE = 'dbt_project.yml'
const KNOWN = [
  'name',
  'version',
  'config-version',
  'require-dbt-version',
  'profile',
  'model-paths',
  'seed-paths',
  'test-paths',
  'macro-paths',
  'analysis-paths',
  'snapshot-paths',
  'docs-paths',
  'asset-paths',
  'target-path',
  'clean-targets',
  'flags',
  'models',
  'seeds',
  'tests',
  'data_tests',
  'vars',
]

/** Reads dbt_project.yml and refuses what no run of this project could honour. */
export function readProjectFile(root: string): ProjectFile {
  if (!existsSync(join(root, FILE))) {
    throw new ConfigError(`no ${FILE} in '${root}': give the folder of a dbt project`, {
      code: 'SBX_MODELS_PROJECT',
    })
  }
  for (const file of ['packages.yml', 'dependencies.yml']) {
    if (existsSync(join(root, file))) throw unsupported({ file }, 'a package of other models')
  }
  const yaml = readYaml(root, FILE)
  yaml.only(KNOWN, 'a project')
  const name = yaml.at('name').text()
  if (name === undefined) throw projectError(yaml.place, 'the project has no name')

  for (const folder of paths(yaml.at('snapshot-paths'), 'snapshots')) {
    const [file] = listFiles(root, folder)
    if (file !== undefined) throw unsupported({ file }, 'a snapshot')
  }
  return {
    name,
    vars: variables(yaml.at('vars'), name),
    modelPaths: paths(yaml.at('model-paths'), 'models'),
    seedPaths: paths(yaml.at('seed-paths'), 'seeds'),
    testPaths: paths(yaml.at('test-paths'), 'tests'),
    macroPaths: paths(yaml.at('macro-paths'), 'macros'),
    models: yaml.at('models'),
    seeds: yaml.at('seeds'),
    tests: yaml.at(yaml.at('data_tests').value === null ? 'tests' : 'data_tests'),
  }
}

function paths(yaml: Yaml, otherwise: string): string[] {
  if (yaml.value === null) return [otherwise]
  return yaml.items().map((item) => item.text() ?? otherwise)
}

/** Variables of the whole file, then those of this project. */
function variables(yaml: Yaml, project: string): JsonObject {
  const all = yaml.entries().filter(([name]) => name !== project)
  const own = yaml.at(project).entries()
  return Object.fromEntries([...all, ...own].map(([name, { value }]) => [name, value]))
}
