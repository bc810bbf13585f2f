import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, JsonObject } from '../../core/json.ts'
import { ConfigError } from '../../core/errors.ts'
import { listFiles } from './listFiles.ts'
import { projectError, unsupported } from './projectError.ts'
import { readYaml } from './readYaml.ts'
import type { RenderText, Yaml } from './readYaml.ts'

/** dbt_project.yml, as far as it matters here. */
export interface ProjectFile {
  readonly name: string
  readonly version: string | undefined
  readonly vars: JsonObject
  readonly modelPaths: readonly string[]
  readonly seedPaths: readonly string[]
  readonly testPaths: readonly string[]
  readonly macroPaths: readonly string[]
  /** Folders with `{% docs %}` blocks. */
  readonly docsPaths: readonly string[]
  /** Settings by folder. */
  readonly models: Yaml
  readonly seeds: Yaml
  readonly sources: Yaml
  readonly tests: Yaml
  readonly unitTests: Yaml
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
  'sources',
  'tests',
  'data_tests',
  'unit_tests',
  'vars',
]

/** What may be in it and is not supported, with the way round. */
const WAYS: Readonly<Record<string, string>> = {
  'on-run-start': 'put the statement into a model that the others read',
  'on-run-end': 'make what it does a model of its own',
  snapshots: 'keep history with an incremental model of strategy append',
  'query-comment': 'leave it out',
  dispatch: 'call the macro by its own name',
  selectors: 'give the selection with select and exclude',
}

/** Reads dbt_project.yml and refuses what no run of this project could honour. */
export function readProjectFile(root: string, render?: RenderText): ProjectFile {
  if (!existsSync(join(root, FILE))) {
    throw new ConfigError(`no ${FILE} in '${root}': give the folder of a dbt project`, {
      code: 'SBX_MODELS_PROJECT',
    })
  }
  for (const file of ['packages.yml', 'dependencies.yml']) {
    const way = "copy the macros that you use into the project's own macros folder"
    if (existsSync(join(root, file))) throw unsupported({ file }, 'a package', way)
  }
  const yaml = readYaml(root, FILE, render)
  for (const [key, entry] of yaml.entries()) {
    if (!KNOWN.includes(key)) throw unsupported(entry.place, `'${key}' of a project`, WAYS[key])
  }
  const name = yaml.at('name').text()
  if (name === undefined) throw projectError(yaml.place, 'the project has no name')

  for (const folder of paths(yaml.at('snapshot-paths'), 'snapshots')) {
    const [file] = listFiles(root, folder)
    const way = 'keep history with an incremental model of strategy append'
    if (file !== undefined) throw unsupported({ file }, 'a snapshot', way)
  }
  const folders = {
    modelPaths: paths(yaml.at('model-paths'), 'models'),
    seedPaths: paths(yaml.at('seed-paths'), 'seeds'),
    testPaths: paths(yaml.at('test-paths'), 'tests'),
    macroPaths: paths(yaml.at('macro-paths'), 'macros'),
  }
  const docs = yaml.at('docs-paths')
  return {
    name,
    ...folders,
    docsPaths:
      docs.value === null
        ? [...Object.values(folders).flat(), 'analyses', 'snapshots']
        : paths(docs, ''),
    version: scalar(yaml.at('version').value),
    vars: variables(yaml.at('vars'), name),
    models: yaml.at('models'),
    seeds: yaml.at('seeds'),
    sources: yaml.at('sources'),
    unitTests: yaml.at('unit_tests'),
    tests: yaml.at(yaml.at('data_tests').value === null ? 'tests' : 'data_tests'),
  }
}

const scalar = (value: Json): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined

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
