import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { DUCKDB_TYPES } from '../../../src/core/duckdbTypes.ts'
import { columnsOf, describe, type Column, type TopologyDescription } from '../../../src/index.ts'
import { compileProject } from '../../../src/models/project/compileProject.ts'
import type { CompiledProject } from '../../../src/models/project/projectNodes.ts'
import { readProject } from '../../../src/models/project/readProject.ts'
import { Submission } from '../../../topologies/formats/submission.ts'
import { Tweet } from '../../../topologies/formats/tweet.ts'
import { Video } from '../../../topologies/formats/video.ts'
import { full } from '../../../topologies/full.ts'
import { Post } from '../../../topologies/post.ts'
import type { Catalog, CatalogColumn, CatalogTable, CatalogTest, Layer } from './catalog.ts'
import { modelTypes } from './modelTypes.ts'
import { readProperties, type Properties } from './properties.ts'
import { rawColumns } from './rawColumns.ts'

const topologies = join(import.meta.dirname, '../../../topologies')

interface Descriptions {
  readonly tables: Readonly<
    Record<string, { readonly description: string; readonly columns: Record<string, string> }>
  >
  /** Of models' columns, by name. */
  readonly columns: Readonly<Record<string, string>>
}
const { tables: written, columns: shared } = parse(
  readFileSync(join(topologies, 'catalog.yml'), 'utf8'),
) as Descriptions

/** The platform's tables as the topology, the schemas and the dbt project define them. */
export async function collectCatalog(): Promise<Catalog> {
  const root = join(topologies, 'models')
  const properties = readProperties(root)
  const said = readDescriptions()
  const description = describe(full({ lake: './lake', landing: './landing' }))
  const posts = described(columnsOf(Post), said.get('silver.posts'), properties.get('posts'))
  const project = compileProject(readProject(root), { schema: 'main', env: process.env })
  const raw = { 'bronze.twitter': Tweet, 'bronze.reddit': Submission, 'bronze.youtube': Video }

  const streamed: CatalogTable[] = []
  for (const { name, kind, type, options } of description.nodes) {
    const path = typeof options['path'] === 'string' ? options['path'] : null
    const own = said.get(name === 'rejects' ? 'quarantine' : name)
    const table = (id: string, layer: Layer, columns: readonly CatalogColumn[]): CatalogTable => ({
      id,
      layer,
      description: own?.description ?? '',
      columns,
      tests: [],
      path,
      file: 'topologies/full.ts',
      sql: null,
      reads: sourcesOf(description, name),
      unresolved: [],
    })
    if (kind === 'source') {
      const about = `${type}: where ${name}'s raw records come from.`
      streamed.push({ ...table(`source.${name}`, 'source', []), description: about, path: null })
    } else if (name in raw) {
      const schema = raw[name as keyof typeof raw]
      const columns = rawColumns(schema, (field) => own?.columns.get(field) ?? '')
      streamed.push(table(name, 'bronze', columns))
    } else if (name === 'silver.posts') {
      const unresolved = ['columns of silver.posts are made by functions in TypeScript']
      streamed.push({ ...table(name, 'silver', posts), unresolved })
    } else if (name === 'rejects') {
      streamed.push(
        table(
          'quarantine',
          'quarantine',
          described(options['columns'] as unknown as readonly Column[], own),
        ),
      )
    }
  }
  return {
    title: 'Social media analytics',
    tables: [...streamed, ...(await modelTables(project, posts, properties))],
    lake: null,
  }
}

async function modelTables(
  project: CompiledProject,
  posts: readonly CatalogColumn[],
  properties: ReadonlyMap<string, Properties>,
): Promise<CatalogTable[]> {
  const silver = posts.map(({ name, type }) => ({
    name,
    type: DUCKDB_TYPES[type as keyof typeof DUCKDB_TYPES],
  }))
  const types = await modelTypes(project, { posts: { id: 'silver.posts', columns: silver } })
  const lineages = new Map(types.lineage.map((lineage) => [lineage.model, lineage]))
  const table = (name: string, layer: Layer, file: string): CatalogTable => {
    const lineage = lineages.get(name)
    const own = properties.get(name)
    const tests = testsOf(project, name, types.columns.get(name) ?? [])
    return {
      id: name,
      layer,
      description: own?.description ?? '',
      columns: (types.columns.get(name) ?? []).map((column, index) => ({
        ...column,
        nullable: null,
        description: own?.columns.get(column.name) || shared[column.name] || '',
        tests: tests.filter((test) => test.column === column.name).map((test) => test.name),
        from: lineage?.columns[index]?.from ?? [],
      })),
      tests,
      path: layer === 'gold' ? `gold/${name}` : null,
      file: `topologies/models/${file}`,
      sql: null,
      reads: lineage?.reads ?? [],
      unresolved: lineage?.unresolved ?? [],
    }
  }
  return [
    ...project.seeds.map(({ name, file }) => table(name, 'seed', file)),
    ...project.models.map(({ name, file, published, sql, reads }) => {
      const layer = published ? 'gold' : file.includes('/staging/') ? 'staging' : 'intermediate'
      const own = table(name, layer, file)
      // A refresh may read other models than a build of everything does, whose columns are followed.
      const inRefresh = reads
        .filter((id) => id.startsWith('model.'))
        .map((id) => id.slice(id.lastIndexOf('.') + 1))
      return { ...own, sql: sql.trim(), reads: [...new Set([...own.reads, ...inRefresh])] }
    }),
  ]
}

/** The tests of a model or seed: those about it, those that compare it with others, and those of its SQL. */
function testsOf(
  project: CompiledProject,
  name: string,
  columns: readonly { readonly name: string }[],
): readonly CatalogTest[] {
  const node = [...project.models, ...project.seeds].find((one) => one.name === name)
  const known = (column: string | undefined): string | null =>
    columns.find((one) => one.name === column)?.name ?? null
  const about = project.tests.filter(({ kind, attached, reads }) =>
    kind === 'generic' ? attached === node?.uniqueId : reads.includes(node?.uniqueId ?? ''),
  )
  const units = project.unitTests.filter(({ model }) => model === node?.uniqueId)
  return [
    ...about.map(({ uniqueId: id, name, kind, severity, column }): CatalogTest => {
      return { id, name, kind, severity, column: known(column) }
    }),
    ...units.map(({ uniqueId: id, name }): CatalogTest => {
      return { id, name, kind: 'unit', severity: 'error', column: null }
    }),
  ]
}

/** Sources that a node's records come from, however many operators lie between. */
function sourcesOf({ nodes }: TopologyDescription, name: string): string[] {
  const found = new Set<string>()
  const visit = (at: string): void => {
    const node = nodes.find((one) => one.name === at.split(':')[0])
    if (node === undefined) return
    if (node.kind === 'source' && node.name !== name) found.add(`source.${node.name}`)
    for (const input of node.inputs) visit(input)
  }
  visit(name)
  return [...found]
}

const described = (
  columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[],
  ...said: readonly (Properties | undefined)[]
): readonly CatalogColumn[] =>
  columns.map(({ name, type, nullable }) => {
    const texts = said.map((one) => one?.columns.get(name) ?? '')
    const description = texts.find((text) => text !== '') ?? ''
    return { name, type, nullable, description, tests: [], from: [] }
  })

function readDescriptions(): ReadonlyMap<string, Properties> {
  return new Map(
    Object.entries(written).map(([id, { description, columns }]) => [
      id,
      { description, columns: new Map(Object.entries(columns)) },
    ]),
  )
}
