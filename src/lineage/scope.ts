import { through, united, type Value } from './origins.ts'

/** A table, subquery or common table expression as a query sees it. */
export interface Relation {
  /** What columns may be qualified by; empty where nothing. */
  readonly name: string
  readonly columns: ReadonlyMap<string, Value>
  /** Not all of its columns are known. */
  readonly open: boolean
}

/** What names mean at one place of a query. */
export interface Scope {
  readonly relations: readonly Relation[]
  /** Columns of this query's own select list that stand before, and a lambda's parameters. */
  readonly aliases: ReadonlyMap<string, Value>
  readonly outer: Scope | undefined
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** A column of a relation by its name, in any case. */
export function columnOf({ columns }: Relation, name: string): Value | undefined {
  const exact = columns.get(name)
  if (exact !== undefined) return exact
  for (const [column, value] of columns) if (same(column, name)) return value
  return undefined
}

/** Where the value of `a`, `t.a` or `t.a.field` comes from; undefined where nobody knows. */
export function lookUp(scope: Scope, names: readonly string[]): Value | undefined {
  const [first = '', second, ...rest] = names
  if (second !== undefined) {
    const qualified = scope.relations.find((relation) => same(relation.name, first))
    const value = qualified === undefined ? undefined : columnOf(qualified, second)
    if (value !== undefined) return fieldOf(value, rest)
  }
  for (const relation of scope.relations) {
    const value = columnOf(relation, first)
    if (value !== undefined) return fieldOf(value, names.slice(1))
  }
  const alias = [...scope.aliases].find(([name]) => same(name, first))
  if (alias !== undefined) return fieldOf(alias[1], names.slice(1))
  // A whole row: `count(t)` and the like.
  const row = second === undefined && scope.relations.find(({ name }) => same(name, first))
  if (row) return through(united([...row.columns.values()]), 'transformation')
  return scope.outer === undefined ? undefined : lookUp(scope.outer, names)
}

/** A field of a struct, or as far as is known, the struct. */
function fieldOf(value: Value, path: readonly string[]): Value {
  const [first, ...rest] = path
  if (first === undefined) return value
  const field = value.fields?.get(first)
  return field === undefined ? through(value, 'transformation') : fieldOf(field, rest)
}
