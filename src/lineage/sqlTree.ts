import type { Json, JsonObject } from '../core/json.ts'
import type { BuildQuery } from '../core/models.ts'
import { literal } from '../core/sqlText.ts'

/** A node of DuckDB's parse tree, as `json_serialize_sql` writes it. */
export type SqlNode = JsonObject

export const isNode = (value: Json | undefined): value is SqlNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A property that is a node; an empty one where it is absent. */
export const nodeAt = (node: SqlNode, name: string): SqlNode => {
  const value = node[name]
  return isNode(value) ? value : {}
}

/** A property that is a list; an empty one where it is absent. */
export const listAt = (node: SqlNode, name: string): readonly Json[] => {
  const value = node[name]
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export const nodesAt = (node: SqlNode, name: string): readonly SqlNode[] =>
  listAt(node, name).filter(isNode)

export const textAt = (node: SqlNode, name: string): string => {
  const value = node[name]
  return typeof value === 'string' ? value : ''
}

export const textsAt = (node: SqlNode, name: string): readonly string[] =>
  listAt(node, name).filter((item) => typeof item === 'string')

/** Parses one `select` with DuckDB's own parser; a text says why it can't. */
export async function parseSelect(sql: string, query: BuildQuery): Promise<SqlNode | string> {
  const call = `json_serialize_sql(${literal(sql)}, skip_null := true, skip_empty := true)`
  const [row] = await query(`select ${call} as tree`)
  const tree = JSON.parse(String(row?.['tree'])) as SqlNode
  if (tree['error'] === true) return textAt(tree, 'error_message')
  const [statement] = nodesAt(tree, 'statements')
  return statement === undefined ? 'there is no statement' : nodeAt(statement, 'node')
}
