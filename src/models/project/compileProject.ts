import type { JsonObject } from '../../core/json.ts'
import { buildOrder } from './buildOrder.ts'
import { compileGenericTest } from './compileTest.ts'
import { compileUnitTest } from './compileUnitTest.ts'
import { cteOf, withCtes } from './ephemeral.ts'
import { publishingLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { withOwnSettings } from './nodeConfig.ts'
import type { NodeConfig } from './nodeConfig.ts'
import { projectError, unsupported } from './projectError.ts'
import { refuseOtherNames } from './otherNames.ts'
import type { CompiledModel, CompiledProject, CompiledSource } from './projectNodes.ts'
import type { CompiledTest } from './projectNodes.ts'
import type { ModelsProject, SqlFile } from './readProject.ts'
import { standIn } from './relation.ts'
import type { Relation } from './relation.ts'
import { createRenderer } from './renderer.ts'
import type { TemplateFile } from './renderer.ts'
import type { TemplateScope } from './templateNames.ts'

export interface CompileOptions {
  /** Schema of the published models, or of all. */
  readonly schema: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Over the variables of the project. */
  readonly vars?: JsonObject
  /** @defaultValue the one that publishes public models */
  readonly layout?: Layout
  /** @defaultValue `false` */
  readonly fullRefresh?: boolean
}

/** What one text turned out to be and to read. */
export interface Rendered {
  readonly sql: string
  readonly config: NodeConfig
  /** Unique ids, in the order in which they were read. */
  readonly reads: readonly string[]
}

/** Renders one text of the project. */
export type Render = (
  template: TemplateFile,
  config: NodeConfig,
  own?: Partial<TemplateScope>,
) => Rendered

/** Resolves all Jinja of a project: what is left is SQL in the order in which it must run. */
export function compileProject(project: ModelsProject, options: CompileOptions): CompiledProject {
  const { env, fullRefresh = false } = options
  const layout = options.layout ?? publishingLayout(options.schema)
  const { macros, name } = project
  const vars = { ...project.vars, ...options.vars }
  const { schema, database } = layout
  const renderer = createRenderer({
    ...{ project: name, schema, database, vars, env, macros, fullRefresh },
  })
  const declaredSources = project.sources.map((source): CompiledSource => {
    const uniqueId = `source.${name}.${source.source}.${source.table}`
    const folders = source.place.file.split('/').slice(1, -1)
    const fqn = [name, ...folders, source.source, source.table]
    return { ...source, uniqueId, fqn, relation: String(layout.source(source)) }
  })
  const read = new Map<string, CompiledSource>()

  // Once to learn what each model says of itself and reads, once more with the final names.
  const relations = new Map<string, Relation>()
  for (const { name: seed, config } of project.seeds) relations.set(seed, layout.node(seed, config))
  const render: Render = (template, given, own = {}) => {
    const reads = new Set<string>()
    let config = given
    const sql = renderer.render(template, {
      self: standIn(template.file),
      name: template.file,
      incremental: false,
      get settings() {
        return config.given
      },
      config: (settings) => (config = withOwnSettings(config, settings, template.file)),
      ref: (wanted) => {
        reads.add(idOf(wanted, template.file))
        return relations.get(wanted) ?? standIn(wanted)
      },
      source: (group, table) => {
        const known = declaredSources.find((one) => one.source === group && one.table === table)
        if (known === undefined) {
          throw projectError(template, `source('${group}', '${table}') is in no schema.yml`)
        }
        reads.add(known.uniqueId)
        read.set(known.uniqueId, known)
        return layout.source(known)
      },
      ...own,
    })
    return { sql: sql.replace(/;\s*$/, ''), config, reads: [...reads] }
  }
  const kinds = new Map([
    ...project.seeds.map((seed) => [seed.name, 'seed'] as const),
    ...project.models.map((model) => [model.name, 'model'] as const),
  ])
  function idOf(wanted: string, file: string): string {
    const kind = kinds.get(wanted)
    if (kind !== undefined) return `${kind}.${name}.${wanted}`
    throw projectError({ file }, `ref('${wanted}'): no model or seed of this name`)
  }

  const drafts = project.models.map((model) => {
    const own = { self: standIn(model.name), name: model.name }
    const draft = render(model, model.config, own)
    if (draft.config.materialized !== 'incremental') return { model, ...draft }
    const again = render(model, model.config, { ...own, incremental: true })
    return { model, ...draft, reads: [...new Set([...draft.reads, ...again.reads])] }
  })
  const disabled = drafts.filter(({ config }) => !config.enabled)
  for (const { model } of disabled) kinds.delete(model.name)
  const enabled = drafts.filter(({ config }) => config.enabled)
  refuseOtherNames(project, enabled, layout)
  for (const { model, config } of enabled) {
    const isCte = config.materialized === 'ephemeral'
    relations.set(model.name, isCte ? standIn(cteOf(model.name)) : layout.node(model.name, config))
  }
  refuseOneRelation(project, relations)
  const done = new Map<string, CompiledModel>()
  /** The ephemeral models behind a query, each behind those that it reads itself. */
  const ctesFor = (reads: readonly string[], seen = new Map<string, string>()) => {
    for (const id of reads) {
      const model = done.get(id)
      if (model?.stored !== 'ephemeral' || seen.has(cteOf(model.name))) continue
      ctesFor(model.reads, seen)
      seen.set(cteOf(model.name), model.sql)
    }
    return [...seen]
  }
  const ordered = buildOrder(
    enabled.map(({ model, config, reads }) => ({
      ...model,
      config,
      reads: new Set(reads.map((id) => id.slice(id.lastIndexOf('.') + 1))),
    })),
  )
  for (const model of ordered) {
    const one = compileModel(model, model.config)
    done.set(one.uniqueId, one)
  }
  function compileModel(model: SqlFile, config: NodeConfig): CompiledModel {
    const published = layout.isPublished(config)
    const self = relations.get(model.name) ?? standIn(model.name)
    const at = (incremental: boolean): Rendered => {
      const rendered = render(model, model.config, { self, name: model.name, incremental })
      const isCte = config.materialized === 'ephemeral'
      return isCte
        ? rendered
        : { ...rendered, sql: withCtes(rendered.sql, ctesFor(rendered.reads)) }
    }
    const { sql, reads } = at(false)
    const stored = storedAs(config, layout)
    const again = stored === 'incremental' ? at(true) : undefined
    return {
      uniqueId: `model.${name}.${model.name}`,
      name: model.name,
      file: model.file,
      fqn: model.fqn,
      config,
      reads: [...new Set([...reads, ...(again?.reads ?? [])])],
      sql,
      incrementalSql: again?.sql,
      rawText: model.text,
      relation: String(self),
      stored,
      published,
      description: model.properties?.description ?? '',
      columns: model.properties?.columns ?? [],
      constraints: model.properties?.constraints ?? [],
    }
  }

  const tests: CompiledTest[] = []
  const shared = { project, render, layout, ctesFor }
  // A test of a disabled model is disabled with it.
  const gone = new Set(disabled.map(({ model }) => `ref('${model.name}')`))
  for (const test of project.genericTests) {
    if (!gone.has(test.on)) tests.push(compileGenericTest(test, shared))
  }
  for (const test of project.singularTests) {
    const { sql, config, reads } = render(test, test.config, { name: test.name })
    if (!config.enabled) continue
    if (config.where !== undefined) {
      const way = 'write the condition into the SQL of the test'
      throw unsupported(test, `\`where\` of the singular test '${test.name}'`, way)
    }
    tests.push({
      ...{
        uniqueId: `test.${name}.${test.name}`,
        kind: 'singular',
        asks: undefined,
        name: test.name,
        config,
        reads,
      },
      ...{ file: test.file, fqn: test.fqn, rawText: test.text, severity: config.severity },
      sql: withCtes(sql, ctesFor(reads)),
      relation: String(layout.failures(test.name)),
      ...{ column: undefined, attached: undefined, test: undefined, given: {} },
      description: test.properties?.description ?? '',
    })
  }
  const seeds = project.seeds.map((seed) => ({
    ...seed,
    uniqueId: `seed.${name}.${seed.name}`,
    relation: String(layout.node(seed.name, seed.config)),
  }))
  const models = [...done.values()]
  return {
    ...{ name, root: project.root, seeds, models, macros, declaredSources },
    tests,
    unitTests: project.unitTests.map((test) => compileUnitTest(test, { ...shared, models: done })),
    sources: [...read.values()],
  }
}

/** Of two models that are one table the second would take the first's place. */
function refuseOneRelation(
  { models, seeds }: ModelsProject,
  relations: ReadonlyMap<string, Relation>,
): void {
  const owners = new Map<string, string>()
  for (const { name, file } of [...seeds, ...models]) {
    const relation = String(relations.get(name) ?? name).toLowerCase()
    const owner = owners.get(relation)
    if (owner !== undefined) {
      throw projectError(
        { file },
        `this is ${relation}, as ${owner} is: give one of them another alias or schema`,
      )
    }
    owners.set(relation, file)
  }
}

function storedAs(config: NodeConfig, layout: Layout): CompiledModel['stored'] {
  const { materialized } = config
  if (materialized === 'ephemeral') return 'ephemeral'
  if (materialized === 'incremental') return layout.isKept(config) ? 'incremental' : 'table'
  return layout.isPublished(config) ? 'table' : materialized
}
