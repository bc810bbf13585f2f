import type { BuildQuery } from '../core/models.ts'
import type { ColumnOrigin } from './origins.ts'
import { resolveQuery, type KnownTable } from './resolveQuery.ts'
import { parseSelect } from './sqlTree.ts'

/** A query that makes a table. */
export interface LineageModel {
  readonly name: string
  /** What other queries call it: `"catalog"."schema"."table"`. */
  readonly relation: string
  readonly sql: string
}

/** A table that is read and not made here. */
export interface LineageTable extends KnownTable {
  readonly relation: string
}

/** Where one model's columns come from. */
export interface ModelLineage {
  readonly model: string
  /** Tables and models that it reads, by name. */
  readonly reads: readonly string[]
  readonly columns: readonly { readonly name: string; readonly from: readonly ColumnOrigin[] }[]
  /** Columns that decide which rows there are, by filter, join or group. */
  readonly steering: readonly { readonly table: string; readonly column: string }[]
  /** What could not be resolved: where this is not empty, columns may have more origins than are said. */
  readonly unresolved: readonly string[]
}

/**
 * Where every column of some models comes from, one step back: from DuckDB's own parse trees, resolved
 * conservatively. A struct's field that is not known by name counts as coming from all that the struct does.
 *
 * @param models each behind those that it reads
 * @param tables what they read beside each other
 * @param query DuckDB, for its parser alone: nothing of the models needs to be there
 */
export async function columnLineage(
  models: readonly LineageModel[],
  tables: readonly LineageTable[],
  query: BuildQuery,
): Promise<readonly ModelLineage[]> {
  const known = new Map<string, KnownTable>()
  const add = (relation: string, table: KnownTable): void => {
    const path = parts(relation)
    // The shorter names too, unless they are taken by another.
    for (let from = 0; from < path.length; from++) {
      const key = keyOf(path.slice(from))
      if (from === 0 || !known.has(key)) known.set(key, table)
    }
  }
  for (const table of tables) add(table.relation, table)

  const lineages: ModelLineage[] = []
  for (const { name, relation, sql } of models) {
    const unresolved = new Set<string>()
    const read = new Set<string>()
    const steering: ColumnOrigin[] = []
    const tree = await parseSelect(sql, query)
    const resolved =
      typeof tree === 'string'
        ? undefined
        : resolveQuery(tree, {
            find: (path) => known.get(keyOf(path)),
            read,
            steering,
            unresolved: (what) => unresolved.add(what),
          })
    if (typeof tree === 'string') unresolved.add(`the query: ${tree}`)
    const columns = (resolved?.columns ?? []).map(([column, value]) => ({
      name: column,
      from: value.origins,
    }))
    add(relation, { name, columns: columns.map((column) => column.name) })
    const steers = new Map(
      steering.map(({ table, column }) => [keyOf([table, column]), { table, column }]),
    )
    lineages.push({
      model: name,
      reads: [...read],
      columns,
      steering: [...steers.values()],
      unresolved: [...unresolved],
    })
  }
  return lineages
}

const keyOf = (path: readonly string[]): string =>
  JSON.stringify(path.map((part) => part.toLowerCase()))

/** `"a"."b c"."d""e"` as its parts. */
function parts(relation: string): string[] {
  const found = relation.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)
  return Array.from(found, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
