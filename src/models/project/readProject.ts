import { readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import { listFiles } from './listFiles.ts'
import { DEFAULT_CONFIG, folderConfig } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import { readProjectFile } from './projectFile.ts'
import { readProperties } from './properties.ts'
import type { GenericTest, SourceTable } from './properties.ts'
import type { TemplateFile } from './renderer.ts'
import type { Yaml } from './readYaml.ts'

/** A file of SQL: a model or a singular test. */
export interface SqlFile extends TemplateFile {
  readonly name: string
  /** From dbt_project.yml and schema.yml; the file itself may say more. */
  readonly config: NodeConfig
}

/** A CSV file that becomes a table. */
export interface SeedFile {
  readonly name: string
  readonly file: string
  readonly content: string
  readonly config: NodeConfig
}

/** A dbt project as its files say it; nothing is rendered yet. */
export interface ModelsProject {
  readonly root: string
  readonly name: string
  readonly vars: JsonObject
  readonly models: readonly SqlFile[]
  readonly seeds: readonly SeedFile[]
  readonly sources: readonly SourceTable[]
  readonly macros: readonly TemplateFile[]
  readonly genericTests: readonly GenericTest[]
  readonly singularTests: readonly SqlFile[]
}

/**
 * Reads a dbt project from its folder.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT` (it contradicts itself), `SBX_MODELS_UNSUPPORTED` (it uses
 *   what this runner does not have), both with file and line
 */
export function readProject(root: string): ModelsProject {
  const project = readProjectFile(root)
  const testConfig = folderConfig(project.tests, [project.name], DEFAULT_CONFIG)
  const properties = [...project.modelPaths, ...project.seedPaths]
    .flatMap((folder) => filesOf(root, folder, ['.yml', '.yaml']))
    .map((file) => readProperties(root, file, testConfig))
  const settings = properties.flatMap((one) => one.settings)

  const configOf = (tree: Yaml, folder: string, file: string, start: NodeConfig): NodeConfig => {
    const inner = file.slice(folder.length + 1, -extname(file).length).split('/')
    const byFolder = folderConfig(tree, [project.name, ...inner], start)
    const own = settings.filter(([name]) => name === stem(file))
    return own.reduce((config, [, apply]) => apply(config), byFolder)
  }
  const text = (file: string): string => readFileSync(join(root, file), 'utf8')
  const sqlFiles = (folders: readonly string[], tree: Yaml): SqlFile[] =>
    folders.flatMap((folder) =>
      filesOf(root, folder, ['.sql']).map((file) => {
        const config = configOf(tree, folder, file, DEFAULT_CONFIG)
        return { name: stem(file), file, text: text(file), config }
      }),
    )

  for (const folder of project.modelPaths) {
    const [file] = filesOf(root, folder, ['.py', '.csv'])
    if (file !== undefined) throw unsupported({ file }, `a model in ${extname(file)}`)
  }
  for (const folder of project.testPaths) {
    const file = filesOf(root, folder, ['.sql']).find((one) => one.startsWith(`${folder}/generic/`))
    if (file !== undefined) throw unsupported({ file }, 'a generic test of the project')
  }
  const models = sqlFiles(project.modelPaths, project.models)
  const seeds = project.seedPaths.flatMap((folder) =>
    filesOf(root, folder, ['.csv']).map((file) => {
      const config = configOf(project.seeds, folder, file, DEFAULT_CONFIG)
      return { name: stem(file), file, content: text(file), config }
    }),
  )
  refuseSameNames([...models, ...seeds])
  return {
    root,
    name: project.name,
    vars: project.vars,
    models: models.filter(({ config }) => config.enabled),
    seeds: seeds.filter(({ config }) => config.enabled),
    sources: properties.flatMap((one) => one.sources),
    macros: project.macroPaths.flatMap((folder) =>
      filesOf(root, folder, ['.sql']).map((file) => ({ file, text: text(file) })),
    ),
    genericTests: properties.flatMap((one) => one.tests).filter(({ config }) => config.enabled),
    singularTests: sqlFiles(project.testPaths, project.tests),
  }
}

const stem = (file: string): string => basename(file, extname(file))

function filesOf(root: string, folder: string, extensions: readonly string[]): string[] {
  return listFiles(root, folder).filter((file) => extensions.includes(extname(file)))
}

function refuseSameNames(nodes: readonly { readonly name: string; readonly file: string }[]): void {
  const first = new Map<string, string>()
  for (const { name, file } of nodes) {
    const other = first.get(name)
    if (other !== undefined) throw projectError({ file }, `'${name}' is also the name of ${other}`)
    first.set(name, file)
  }
}
