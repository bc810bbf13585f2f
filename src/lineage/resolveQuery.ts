import { resolveExpression, type Resolving } from './resolveExpression.ts'
import { united, type ColumnOrigin, type Value } from './origins.ts'
import { columnOf, type Relation, type Scope } from './scope.ts'
import { isNode, listAt, nodeAt, nodesAt, textAt, textsAt, type SqlNode } from './sqlTree.ts'

/** A table that queries may read, by the name that they give it. */
export interface KnownTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** What a query yields: its columns in order. */
export interface Resolved {
  readonly columns: readonly (readonly [name: string, value: Value])[]
  /** Not all columns are known. */
  readonly open: boolean
}

export interface QueryContext {
  /** Finds a table by what a query calls it: `table`, `schema.table`, `catalog.schema.table`. */
  find(path: readonly string[]): KnownTable | undefined
  /** Tables that were read. */
  readonly read: Set<string>
  /** Columns that decide which rows there are: filters, joins, groups. */
  readonly steering: ColumnOrigin[]
  unresolved(what: string): void
}

type Ctes = ReadonlyMap<string, Resolved>
const NO_COLUMNS: Resolved = { columns: [], open: true }

/** Where every column of a query comes from. */
export function resolveQuery(
  node: SqlNode,
  context: QueryContext,
  outer?: Scope,
  known: Ctes = new Map(),
): Resolved {
  const ctes = new Map(known)
  for (const entry of nodesAt(nodeAt(node, 'cte_map'), 'map')) {
    const query = nodeAt(nodeAt(nodeAt(entry, 'value'), 'query'), 'node')
    const names = textsAt(nodeAt(entry, 'value'), 'aliases')
    ctes.set(
      textAt(entry, 'key').toLowerCase(),
      renamed(resolveQuery(query, context, outer, ctes), names),
    )
  }
  switch (textAt(node, 'type')) {
    case 'SELECT_NODE':
      return resolveSelect(node, context, outer, ctes)
    case 'SET_OPERATION_NODE': {
      const children = nodesAt(node, 'children')
      const sides = children.length > 0 ? children : [nodeAt(node, 'left'), nodeAt(node, 'right')]
      const all = sides.map((side) => resolveQuery(side, context, outer, ctes))
      return textAt(node, 'setop_type').includes('BY_NAME') ? byName(all) : byPlace(all)
    }
    case 'CTE_NODE': {
      const query = resolveQuery(nodeAt(node, 'query'), context, outer, ctes)
      ctes.set(textAt(node, 'cte_name').toLowerCase(), renamed(query, textsAt(node, 'aliases')))
      return resolveQuery(nodeAt(node, 'child'), context, outer, ctes)
    }
    default:
      context.unresolved(`a query of kind ${textAt(node, 'type').toLowerCase() || 'unknown'}`)
      return NO_COLUMNS
  }
}

function byPlace(sides: readonly Resolved[]): Resolved {
  const [first = NO_COLUMNS] = sides
  const columns = first.columns.map(([name], index) => {
    const values = sides.map((side) => side.columns[index]?.[1] ?? { origins: [] })
    return [name, united(values)] as const
  })
  return { columns, open: sides.some((side) => side.open) }
}

function byName(sides: readonly Resolved[]): Resolved {
  const names = new Set(sides.flatMap((side) => side.columns.map(([name]) => name)))
  const columns = [...names].map((name) => {
    const values = sides.flatMap((side) => side.columns.filter(([one]) => one === name))
    return [name, united(values.map(([, value]) => value))] as const
  })
  return { columns, open: sides.some((side) => side.open) }
}

function resolveSelect(
  node: SqlNode,
  context: QueryContext,
  outer: Scope | undefined,
  ctes: Ctes,
): Resolved {
  const resolving: Resolving = {
    unresolved: (what) => context.unresolved(what),
    subquery: (inner, scope) =>
      united(resolveQuery(inner, context, scope, ctes).columns.map(([, value]) => value)),
  }
  const aliases = new Map<string, Value>()
  const from = resolveFrom(nodeAt(node, 'from_table'), context, outer, ctes, resolving)
  const scope: Scope = { relations: from.relations, aliases, outer }
  const columns: (readonly [string, Value])[] = []
  let open = false
  for (const [index, item] of nodesAt(node, 'select_list').entries()) {
    if (textAt(item, 'class') === 'STAR') {
      if (item['columns'] === true) context.unresolved('columns(…)')
      const star = resolveStar(item, from, scope, resolving)
      open ||= star.open || item['columns'] === true
      columns.push(...star.columns)
      continue
    }
    const value = resolveExpression(item, scope, resolving)
    const [last] = textsAt(item, 'column_names').slice(-1)
    const name = textAt(item, 'alias') || last || textAt(item, 'function_name')
    if (name === '') context.unresolved(`column ${index + 1}, which has no name of its own`)
    columns.push([name || `column${index + 1}`, value])
    if (name !== '' && !aliases.has(name)) aliases.set(name, value)
  }
  const steering = ['where_clause', 'having', 'qualify'].map((name) => nodeAt(node, name))
  for (const expression of [
    ...steering,
    ...nodesAt(node, 'group_expressions'),
    ...from.conditions,
  ]) {
    if (Object.keys(expression).length === 0) continue
    // An alias or a position of the select list is known there already.
    context.steering.push(...resolveExpression(expression, scope, resolving).origins)
  }
  return { columns, open }
}

interface From {
  readonly relations: readonly Relation[]
  /** Columns that a later relation has in common by `using`: a star shows them once. */
  readonly hidden: ReadonlySet<Relation>
  readonly using: readonly string[]
  readonly conditions: readonly SqlNode[]
}

const FROM_NOTHING: From = { relations: [], hidden: new Set(), using: [], conditions: [] }
/** Table functions whose columns come from their arguments alone. */
const GENERATING = ['range', 'generate_series', 'unnest', 'repeat']

function resolveFrom(
  node: SqlNode,
  context: QueryContext,
  outer: Scope | undefined,
  ctes: Ctes,
  resolving: Resolving,
): From {
  const inner = (child: SqlNode, scope: Scope | undefined): From =>
    resolveFrom(child, context, scope, ctes, resolving)
  const single = (found: Resolved, name: string): From => {
    const { columns, open } = renamed(found, textsAt(node, 'column_name_alias'))
    const relation = { name: textAt(node, 'alias') || name, columns: new Map(columns), open }
    return { ...FROM_NOTHING, relations: [relation] }
  }
  const type = textAt(node, 'type')
  switch (type) {
    case '':
    case 'EMPTY':
      return FROM_NOTHING
    case 'BASE_TABLE':
      return single(baseTable(node, context, ctes), textAt(node, 'table_name'))
    case 'SUBQUERY':
      return single(
        resolveQuery(nodeAt(nodeAt(node, 'subquery'), 'node'), context, outer, ctes),
        '',
      )
    case 'EXPRESSION_LIST': {
      const [row] = listAt(node, 'values')
      const width = Array.isArray(row) ? row.length : 0
      const columns = Array.from(
        { length: width },
        (_, at) => [`col${at}`, { origins: [] }] as const,
      )
      return single({ columns, open: false }, '')
    }
    case 'TABLE_FUNCTION': {
      const call = nodeAt(node, 'function')
      const name = textAt(call, 'function_name').toLowerCase()
      if (!GENERATING.includes(name)) context.unresolved(`the columns of ${name}(…)`)
      const scope: Scope = { relations: [], aliases: new Map(), outer }
      const values = nodesAt(call, 'children').map((child) =>
        resolveExpression(child, scope, resolving),
      )
      const columns = [[name, united(values)] as const]
      return single({ columns, open: !GENERATING.includes(name) }, name)
    }
    case 'JOIN': {
      const left = inner(nodeAt(node, 'left'), outer)
      const lateral: Scope = { relations: left.relations, aliases: new Map(), outer }
      const right = inner(nodeAt(node, 'right'), lateral)
      const condition = node['condition']
      const using = textsAt(node, 'using_columns')
      const isFilter = ['SEMI', 'ANTI', 'MARK'].includes(textAt(node, 'join_type'))
      return {
        relations: [...left.relations, ...right.relations],
        hidden: new Set([...left.hidden, ...(isFilter ? right.relations : right.hidden)]),
        using: [...left.using, ...right.using, ...using],
        conditions: [
          ...left.conditions,
          ...right.conditions,
          ...(isNode(condition) ? [condition] : []),
          ...using.map((name) => ({ class: 'COLUMN_REF', column_names: [name] })),
        ],
      }
    }
    default:
      context.unresolved(`a ${type.toLowerCase()} in from`)
      return {
        ...FROM_NOTHING,
        relations: [{ name: textAt(node, 'alias'), columns: new Map(), open: true }],
      }
  }
}

function baseTable(node: SqlNode, context: QueryContext, ctes: Ctes): Resolved {
  const table = textAt(node, 'table_name')
  const path = [textAt(node, 'catalog_name'), textAt(node, 'schema_name'), table]
  const given = path.filter((part) => part !== '')
  const cte = given.length === 1 ? ctes.get(table.toLowerCase()) : undefined
  if (cte !== undefined) return cte
  const known = context.find(given)
  if (known === undefined) {
    context.unresolved(`the table ${given.join('.')}`)
    return NO_COLUMNS
  }
  context.read.add(known.name)
  const columns = known.columns.map((column) => {
    const origin: ColumnOrigin = { table: known.name, column, kind: 'identity' }
    return [column, { origins: [origin] }] as const
  })
  return { columns, open: false }
}

function resolveStar(item: SqlNode, from: From, scope: Scope, resolving: Resolving): Resolved {
  const wanted = textAt(item, 'relation_name').toLowerCase()
  const excluded = listAt(item, 'exclude_list').map((one) =>
    (typeof one === 'string' ? one : isNode(one) ? textAt(one, 'column') : '').toLowerCase(),
  )
  const replaced = new Map(
    nodesAt(item, 'replace_list').map((entry) => [
      textAt(entry, 'key').toLowerCase(),
      resolveExpression(nodeAt(entry, 'value'), scope, resolving),
    ]),
  )
  const shown = from.relations.filter((relation) =>
    wanted === '' ? !from.hidden.has(relation) : relation.name.toLowerCase() === wanted,
  )
  const once = new Set(wanted === '' ? from.using.map((name) => name.toLowerCase()) : [])
  const seen = new Set<string>()
  const columns: (readonly [string, Value])[] = []
  for (const relation of shown) {
    for (const name of relation.columns.keys()) {
      const key = name.toLowerCase()
      if (excluded.includes(key) || (once.has(key) && seen.has(key))) continue
      seen.add(key)
      columns.push([name, replaced.get(key) ?? columnOf(relation, name)!])
    }
  }
  const open = shown.some((relation) => relation.open)
  if (open) resolving.unresolved('a star over columns that are not known')
  return { columns, open }
}

/** `as t(a, b)`: the first columns get other names. */
const renamed = ({ columns, open }: Resolved, names: readonly string[]): Resolved => ({
  open,
  columns: columns.map(([name, value], index) => [names[index] ?? name, value] as const),
})
