import type { Json } from '../core/json.ts'
import { isNode, listAt, nodeAt, nodesAt, textAt, textsAt, type SqlNode } from './sqlTree.ts'
import { through, united, type Value } from './origins.ts'
import { lookUp, type Scope } from './scope.ts'

const AGGREGATES = new Set([
  ...['count', 'count_star', 'count_if', 'sum', 'avg', 'mean', 'min', 'max', 'product', 'fsum'],
  ...['arg_max', 'arg_min', 'max_by', 'min_by', 'any_value', 'first', 'last', 'mode', 'median'],
  ...['list', 'array_agg', 'string_agg', 'group_concat', 'listagg', 'histogram', 'entropy'],
  ...['quantile', 'quantile_cont', 'quantile_disc', 'approx_quantile', 'approx_count_distinct'],
  ...['stddev', 'stddev_samp', 'stddev_pop', 'variance', 'var_samp', 'var_pop', 'corr'],
  ...['bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor', 'covar_pop', 'covar_samp'],
])
/** Aggregates that hand on one of their first argument's values, struct fields and all. */
const PICKING = new Set(['arg_max', 'arg_min', 'max_by', 'min_by', 'any_value', 'first', 'last'])
const NOTHING: Value = { origins: [] }

/** What is done on the way. */
export interface Resolving {
  /** Resolves a query inside an expression, whose columns may be the outer ones. */
  subquery(node: SqlNode, outer: Scope): Value
  /** Says what could not be resolved. */
  unresolved(what: string): void
}

/** Where an expression's value comes from. What only steers it (partitions, orders) is left out. */
export function resolveExpression(node: SqlNode, scope: Scope, resolving: Resolving): Value {
  const inner = (child: SqlNode): Value => resolveExpression(child, scope, resolving)
  switch (textAt(node, 'class')) {
    case 'CONSTANT':
    case 'PARAMETER':
      return NOTHING
    case 'COLUMN_REF': {
      const names = textsAt(node, 'column_names')
      const value = lookUp(scope, names)
      if (value !== undefined) return value
      resolving.unresolved(`the column ${names.join('.')}`)
      return NOTHING
    }
    case 'FUNCTION':
      return resolveFunction(node, inner)
    case 'WINDOW': {
      const values = [...nodesAt(node, 'children'), ...present(node, 'filter_expr')].map(inner)
      return through(united(values), 'aggregation')
    }
    case 'LAMBDA': {
      const own = namesOf(nodeAt(node, 'lhs'))
      const values = own.map((name) => [name, NOTHING] as const)
      const inside: Scope = { relations: [], aliases: new Map(values), outer: scope }
      return resolveExpression(nodeAt(node, 'expr'), inside, resolving)
    }
    case 'SUBQUERY': {
      const tested = present(node, 'child').map(inner)
      const found = resolving.subquery(nodeAt(nodeAt(node, 'subquery'), 'node'), scope)
      return through(united([...tested, found]), 'transformation')
    }
    case 'STAR':
      resolving.unresolved('columns(…) inside an expression')
      return NOTHING
    default: {
      // Casts, cases, comparisons, operators: whatever expressions are in them.
      return through(united(expressionsIn(node).map(inner)), 'transformation')
    }
  }
}

function resolveFunction(node: SqlNode, inner: (child: SqlNode) => Value): Value {
  const name = textAt(node, 'function_name').toLowerCase()
  const children = nodesAt(node, 'children')
  const values = children.map(inner)
  if (name === 'struct_pack') {
    const named = children.map((child, index) => {
      const [last = ''] = textsAt(child, 'column_names').slice(-1)
      return [textAt(child, 'alias') || last, through(values[index]!, 'identity')] as const
    })
    return { ...through(united(values), 'transformation'), fields: new Map(named) }
  }
  if (!AGGREGATES.has(name)) return through(united(values), 'transformation')
  const filter = present(node, 'filter').map(inner)
  const all = through(united([...values, ...filter]), 'aggregation')
  const fields = PICKING.has(name) ? values[0]?.fields : undefined
  if (fields === undefined) return all
  const picked = [...fields].map(([key, field]) => [key, through(field, 'aggregation')] as const)
  return { ...all, fields: new Map(picked) }
}

const present = (node: SqlNode, name: string): SqlNode[] => {
  const value = node[name]
  return isNode(value) ? [value] : []
}

/** Expressions directly below a node, wherever the tree keeps them. */
function expressionsIn(node: SqlNode): SqlNode[] {
  const found: SqlNode[] = []
  for (const value of Object.values(node)) {
    const candidates: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value]
    for (const one of candidates) {
      if (!isNode(one)) continue
      if (typeof one['class'] === 'string') found.push(one)
      else found.push(...expressionsIn(one))
    }
  }
  return found
}

/** A lambda's parameters: one name, or several in a row. */
const namesOf = (node: SqlNode): string[] => [
  ...textsAt(node, 'column_names'),
  ...listAt(node, 'children')
    .filter(isNode)
    .flatMap((child) => namesOf(child)),
]
