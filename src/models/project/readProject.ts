import { readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { JsonObject } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { listFiles } from './listFiles.ts'
import { DEFAULT_CONFIG, folderConfig } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import { readProjectFile } from './projectFile.ts'
import { readProperties } from './properties.ts'
import type { NodeProperties } from './properties.ts'
import { createRenderer } from './renderer.ts'
import type { TemplateFile } from './renderer.ts'
import type { RenderText, Yaml } from './readYaml.ts'
import type { SourceTable } from './sourceProperties.ts'
import { lineAt } from './templateText.ts'
import type { GenericTest } from './testProperties.ts'
import type { UnitTest } from './unitTestProperties.ts'

/** A file of SQL: a model or a singular test. */
export interface SqlFile extends TemplateFile {
  readonly name: string
  /** Names of the folders below the project's, then its own: dbt's fqn. */
  readonly fqn: readonly string[]
  /** From dbt_project.yml and schema.yml; the file itself may say more. */
  readonly config: NodeConfig
  readonly properties: NodeProperties | undefined
}

/** A CSV file that becomes a table. */
export interface SeedFile {
  readonly name: string
  readonly file: string
  readonly fqn: readonly string[]
  readonly content: string
  readonly config: NodeConfig
  readonly properties: NodeProperties | undefined
}

/** A dbt project as its files say it; models are not rendered yet. */
export interface ModelsProject {
  readonly root: string
  readonly name: string
  readonly vars: JsonObject
  /** What looks like a mistake and stops nothing. */
  readonly warnings: readonly string[]
  readonly models: readonly SqlFile[]
  readonly seeds: readonly SeedFile[]
  readonly sources: readonly SourceTable[]
  readonly macros: readonly TemplateFile[]
  readonly genericTests: readonly GenericTest[]
  readonly singularTests: readonly SqlFile[]
  readonly unitTests: readonly UnitTest[]
  /** Files with rows for unit tests, by their names. */
  readonly fixtures: Readonly<Record<string, TemplateFile>>
}

export interface ReadProjectOptions {
  /** Over the variables of the project. */
  readonly vars?: JsonObject
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * Reads a dbt project from its folder.
 *
 * @throws ConfigError `SBX_MODELS_PROJECT` (it contradicts itself), `SBX_MODELS_UNSUPPORTED` (it uses
 *   what this runner does not have), both with file and line
 */
export function readProject(root: string, options: ReadProjectOptions = {}): ModelsProject {
  const { env = {} } = options
  const valuesWith = (
    vars: JsonObject,
    docs: Readonly<Record<string, string>> = {},
  ): RenderText => {
    const none = { project: '', schema: 'main', database: '', macros: [], fullRefresh: false }
    const common = { ...none, docs }
    const { renderValue } = createRenderer({ ...common, vars, env })
    return (text, { file, line }) => renderValue({ text, file, line })
  }
  const project = readProjectFile(root, valuesWith({ ...options.vars }))
  const vars = { ...project.vars, ...options.vars }
  const { name } = project
  const defaultsOf = (tree: Yaml) => folderConfig(tree, [name], DEFAULT_CONFIG)
  const defaults = {
    test: defaultsOf(project.tests),
    source: defaultsOf(project.sources),
    unitTest: defaultsOf(project.unitTests),
  }
  const docs = docsIn(
    project.docsPaths.flatMap((folder) => filesOf(root, folder, ['.md'])),
    root,
  )
  const properties = [...project.modelPaths, ...project.seedPaths, ...project.testPaths]
    .flatMap((folder) => filesOf(root, folder, ['.yml', '.yaml']))
    .map((file) => readProperties(root, file, defaults, valuesWith(vars, docs)))
  const nodes = properties.flatMap((one) => one.nodes)
  // Of two descriptions one would be taken in part.
  const ofKind = (kind: NodeProperties['kind']) => nodes.filter((node) => node.kind === kind)
  for (const kind of ['node', 'test'] as const)
    refuseTwice(ofKind(kind), ({ name, place }, { place: { file, line } }) =>
      projectError(place, `'${name}' is described in ${file}:${line} already: put both into one`),
    )

  const text = (file: string): string => readFileSync(join(root, file), 'utf8')
  const described = (tree: Yaml, folder: string, file: string) => {
    const kind = project.testPaths.includes(folder) ? 'test' : 'node'
    const inner = file.slice(folder.length + 1, -extname(file).length).split('/')
    const own = ofKind(kind).filter((node) => node.name === stem(file))
    const byFolder = folderConfig(tree, [name, ...inner], DEFAULT_CONFIG)
    return {
      name: stem(file),
      file,
      fqn: [name, ...inner],
      config: own.reduce((config, node) => node.apply(config), byFolder),
      properties: own[0],
    }
  }
  const sqlFiles = (folders: readonly string[], tree: Yaml): SqlFile[] =>
    folders.flatMap((folder) =>
      filesOf(root, folder, ['.sql'])
        .filter((file) => !isSetAside(folder, file))
        .map((file) => ({ ...described(tree, folder, file), text: text(file) })),
    )
  const isSetAside = (folder: string, file: string): boolean =>
    project.testPaths.includes(folder) &&
    ['generic', 'fixtures'].some((aside) => file.startsWith(`${folder}/${aside}/`))

  for (const folder of project.modelPaths) {
    const [file] = filesOf(root, folder, ['.py', '.csv'])
    const way = 'write it in SQL'
    if (file !== undefined) throw unsupported({ file }, `a model in ${extname(file)}`, way)
  }
  const models = sqlFiles(project.modelPaths, project.models)
  const seeds = project.seedPaths.flatMap((folder) =>
    filesOf(root, folder, ['.csv']).map((file) => ({
      ...described(project.seeds, folder, file),
      content: text(file),
    })),
  )
  refuseTwice([...models, ...seeds], ({ name, file }, first) =>
    projectError({ file }, `'${name}' is also the name of ${first.file}`),
  )
  const singularTests = sqlFiles(project.testPaths, project.tests)
  const warnings = [
    ...undescribed(ofKind('node'), [...models, ...seeds], 'model or seed'),
    ...undescribed(ofKind('test'), singularTests, 'singular test'),
  ]
  const inTests = (aside: string, extensions: readonly string[]): TemplateFile[] =>
    project.testPaths.flatMap((folder) =>
      filesOf(root, `${folder}/${aside}`, extensions).map((file) => ({ file, text: text(file) })),
    )
  const macros = project.macroPaths.flatMap((folder) =>
    filesOf(root, folder, ['.sql']).map((file) => ({ file, text: text(file) })),
  )
  return {
    ...{ root, name, vars, models, warnings },
    seeds: seeds.filter(({ config }) => config.enabled),
    sources: properties.flatMap((one) => one.sources),
    macros: [...macros, ...inTests('generic', ['.sql'])],
    genericTests: properties.flatMap((one) => one.tests).filter(({ config }) => config.enabled),
    singularTests,
    unitTests: properties.flatMap((one) => one.unitTests).filter(({ config }) => config.enabled),
    fixtures: Object.fromEntries(
      inTests('fixtures', ['.csv', '.sql']).map((file) => [stem(file.file), file]),
    ),
  }
}

const stem = (file: string): string => basename(file, extname(file))

function filesOf(root: string, folder: string, extensions: readonly string[]): string[] {
  return listFiles(root, folder).filter((file) => extensions.includes(extname(file)))
}

/** What is described and is not there: mostly a misspelling. dbt warns of it, too. */
function undescribed(
  described: readonly NodeProperties[],
  files: readonly { readonly name: string }[],
  what: string,
): string[] {
  const names = new Set(files.map(({ name }) => name))
  return described
    .filter(({ name }) => !names.has(name))
    .map(({ name, place: { file, line } }) => {
      const near = nearest(name, names)
      const hint = near === undefined ? '' : `; is it '${near}'?`
      return `${file}:${line}: '${name}' is described here, and no ${what} has this name${hint}`
    })
}

const DOCS = /\{%-?\s*docs\s+(\w+)\s*-?%\}([\s\S]*?)\{%-?\s*enddocs\s*-?%\}/g

const BEGINS_DOCS = /\{%-?\s*docs\s/g

/** The texts of `{% docs %}` blocks by their names. */
function docsIn(files: readonly string[], root: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const file of new Set(files)) {
    const text = readFileSync(join(root, file), 'utf8')
    const blocks = [...text.matchAll(DOCS)]
    if ([...text.matchAll(BEGINS_DOCS)].length > blocks.length) {
      throw projectError({ file }, 'a {% docs %} block has no name or no {% enddocs %}')
    }
    for (const { 1: name = '', 2: body = '', index } of blocks) {
      const line = lineAt(text, index)
      if (Object.hasOwn(found, name)) {
        throw projectError(
          { file, line },
          `there is another {% docs ${name} %}: give it a name of its own`,
        )
      }
      found[name] = body.trim()
    }
  }
  return found
}

/** @param refusal of the second, beside the first */
function refuseTwice<Named extends { readonly name: string }>(
  all: readonly Named[],
  refusal: (one: Named, first: Named) => Error,
): void {
  const firsts = new Map<string, Named>()
  for (const one of all) {
    const first = firsts.get(one.name)
    if (first !== undefined) throw refusal(one, first)
    firsts.set(one.name, one)
  }
}
