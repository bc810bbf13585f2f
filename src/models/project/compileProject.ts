import type { Json } from '../../core/json.ts'
import { buildOrder } from './buildOrder.ts'
import { compileTest } from './compileTest.ts'
import { withSetting } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError } from './projectError.ts'
import type { ModelsProject, SeedFile, SqlFile } from './readProject.ts'
import { createRenderer } from './renderer.ts'
import type { TemplateFile } from './renderer.ts'
import type { SourceTable } from './properties.ts'
import { identifier } from './sqlText.ts'

/** A model with everything in it resolved: plain SQL. */
export interface CompiledModel {
  readonly name: string
  readonly file: string
  readonly sql: string
  /** Its name in SQL: catalog, schema, table. */
  readonly relation: string
  readonly stored: 'view' | 'table'
  readonly published: boolean
}

/** A test as a query for the rows that fail it. */
export interface CompiledTest {
  readonly name: string
  readonly file: string
  readonly sql: string
  readonly severity: 'warn' | 'error'
}

export interface CompiledProject {
  readonly seeds: readonly (SeedFile & { readonly relation: string })[]
  /** Every model behind those that it reads. */
  readonly models: readonly CompiledModel[]
  readonly tests: readonly CompiledTest[]
  /** The tables of sources that some model or test reads. */
  readonly sources: readonly (SourceTable & { readonly relation: string })[]
}

export interface CompileOptions {
  /** Schema of the published models. */
  readonly schema: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Catalog of the published models, and of everything that only serves the build. */
export const PUBLISHED_CATALOG = 'gold'
const WORK_CATALOG = 'memory'

/** Resolves all Jinja of a project: what is left is SQL in the order in which it must run. */
export function compileProject(project: ModelsProject, options: CompileOptions): CompiledProject {
  const { schema, env } = options
  const { macros, vars, name } = project
  const renderer = createRenderer({ project: name, schema, vars, env, macros })
  const read = new Map<string, SourceTable & { readonly relation: string }>()

  const source = (file: string) => (group: string, table: string) => {
    const known = project.sources.find((one) => one.source === group && one.table === table)
    if (known === undefined) {
      throw projectError({ file }, `source('${group}', '${table}') is in no schema.yml`)
    }
    const relation = relationOf(WORK_CATALOG, `source_${group}`, table)
    read.set(relation, { ...known, relation })
    return relation
  }

  // Once to learn what each model says of itself and reads, once more with the final names.
  const seedNames = new Map(
    project.seeds.map((seed) => [seed.name, relationOf(WORK_CATALOG, 'main', seed.name)]),
  )
  const drafts = new Map(project.models.map((model) => [model.name, draft(model)]))
  function draft(model: SqlFile) {
    const reads = new Set<string>()
    let config = model.config
    renderer.render(model, {
      self: model.name,
      source: source(model.file),
      config: (settings) => (config = withOwn(config, settings, model)),
      ref: (wanted) => {
        reads.add(wanted)
        return wanted
      },
    })
    return { model, config, reads }
  }
  const relations = new Map(seedNames)
  for (const { model, config } of drafts.values()) {
    const published = config.access === 'public'
    const catalog = published ? PUBLISHED_CATALOG : WORK_CATALOG
    relations.set(model.name, relationOf(catalog, published ? schema : 'main', model.name))
  }
  const ref = (file: string) => (wanted: string) => {
    const relation = relations.get(wanted)
    if (relation !== undefined) return relation
    throw projectError({ file }, `ref('${wanted}'): no model or seed of this name`)
  }
  const render = (template: TemplateFile, self: string, config: (own: Settings) => void): string =>
    renderer.render(template, {
      self,
      ref: ref(template.file),
      source: source(template.file),
      config,
    })

  const enabled = [...drafts.values()].filter(({ config }) => config.enabled)
  const models = buildOrder(enabled.map(({ model, reads }) => ({ ...model, reads }))).map(
    (model) => {
      const config = drafts.get(model.name)?.config ?? model.config
      const relation = relations.get(model.name) ?? ''
      const published = config.access === 'public'
      return {
        name: model.name,
        file: model.file,
        sql: render(model, relation, () => {}),
        relation,
        stored: published || isStored(config) ? ('table' as const) : ('view' as const),
        published,
      }
    },
  )
  const singular = project.singularTests.flatMap((test) => {
    let config = test.config
    const sql = render(test, test.name, (own) => (config = withOwn(config, own, test)))
    const { severity, enabled: runs } = config
    return runs ? [{ name: test.name, file: test.file, sql, severity }] : []
  })
  const generic = project.genericTests.map((test) =>
    compileTest(test, (text) =>
      render({ file: test.place.file, text: `{{ ${text} }}` }, test.subject, () => {}),
    ),
  )
  return {
    seeds: project.seeds.map((seed) => ({ ...seed, relation: seedNames.get(seed.name) ?? '' })),
    models,
    tests: [...generic, ...singular],
    sources: [...read.values()],
  }
}

type Settings = Readonly<Record<string, Json>>

function withOwn(config: NodeConfig, settings: Settings, { file }: TemplateFile): NodeConfig {
  return Object.entries(settings).reduce(
    (all, [name, value]) => withSetting(all, name, value, { file }),
    config,
  )
}

/** An incremental model is built in full each time: what `is_incremental()` guards is left out. */
const isStored = ({ materialized }: NodeConfig): boolean =>
  materialized === 'table' || materialized === 'incremental'

const relationOf = (...parts: readonly string[]): string => parts.map(identifier).join('.')
