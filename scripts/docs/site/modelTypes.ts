import { tmpdir } from 'node:os'
import { columnTypeOf } from '../../../src/core/duckdbTypes.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { identifier } from '../../../src/core/sqlText.ts'
import { openDatabase } from '../../../src/lake/openDatabase.ts'
import { columnLineage, type ModelLineage } from '../../../src/lineage/columnLineage.ts'
import type { CompiledProject } from '../../../src/models/project/projectNodes.ts'

export interface ModelTypes {
  /** Columns with their types by the name of a model or seed. */
  readonly columns: ReadonlyMap<string, readonly { readonly name: string; readonly type: string }[]>
  readonly lineage: readonly ModelLineage[]
}

/** What the models of a project make of tables without rows: their columns, types and lineage. */
export async function modelTypes(
  project: CompiledProject,
  sources: Readonly<
    Record<string, { id: string; columns: readonly { name: string; type: string }[] }>
  >,
): Promise<ModelTypes> {
  const database = await openDatabase({
    threads: 1,
    memoryBytes: 256 * 2 ** 20,
    spillDirectory: tmpdir(),
    signal: undefined,
  })
  try {
    const schemas = new Set<string>()
    const create = async (relation: string, what: string): Promise<void> => {
      const [catalog = '', schema = ''] = relation.slice(1, -1).split('"."')
      if (catalog !== 'memory' && !schemas.has(catalog)) {
        await database.run(`attach ':memory:' as ${identifier(catalog)}`)
        schemas.add(catalog)
      }
      await database.run(`create schema if not exists ${identifier(catalog)}.${identifier(schema)}`)
      await database.run(`create ${what}`)
    }
    for (const { relation, table } of project.sources) {
      const typed = (sources[table]?.columns ?? []).map(
        ({ name, type }) => `${identifier(name)} ${type}`,
      )
      await create(relation, `table ${relation} (${typed.join(', ')})`)
    }
    for (const { relation, content } of project.seeds) {
      const names = (content.split('\n', 1)[0] ?? '').split(',').map((name) => name.trim())
      const typed = names.map((name) => `${identifier(name)} varchar`)
      await create(relation, `table ${relation} (${typed.join(', ')})`)
    }
    for (const { relation, sql } of project.models) {
      await create(relation, `table ${relation} as\n${sql}`)
    }
    const columns = new Map<string, { name: string; type: string }[]>()
    for (const { name, relation } of [...project.seeds, ...project.models]) {
      const rows = await database.rows(`describe ${relation}`)
      columns.set(name, rows.map(typeOf))
    }
    const known = [
      ...project.sources.map(({ relation, table }) => ({
        relation,
        name: sources[table]?.id ?? table,
        columns: (sources[table]?.columns ?? []).map(({ name }) => name),
      })),
      ...project.seeds.map(({ relation, name }) => ({
        relation,
        name,
        columns: (columns.get(name) ?? []).map((column) => column.name),
      })),
    ]
    const query = (sql: string) => database.rows(sql)
    return { columns, lineage: await columnLineage(project.models, known, query) }
  } finally {
    database.close()
  }
}

function typeOf(row: JsonObject): { name: string; type: string } {
  const type = String(row['column_type'])
  return { name: String(row['column_name']), type: columnTypeOf(type) ?? type.toLowerCase() }
}
