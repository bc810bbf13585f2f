import type { BuildQuery } from '../../core/models.ts'
import { PUBLISHED_CATALOG } from '../project/layout.ts'
import { literal } from '../project/sqlText.ts'

/** Where a parse tree names the catalog of a table or function; of `catalog.name` it takes it for a schema. */
const PLACES = new Set(['catalog_name', 'schema_name', 'catalog', 'schema'])
/** They read what a text names, which may be put together. */
const BY_TEXT = new Set(['query', 'query_table'])
const MENTIONED = new RegExp(`${PUBLISHED_CATALOG}|query(_table)?\\W*\\(`, 'i')
/** What stands in front of a query that can be parsed. */
const IN_FRONT = /^\s*(describe|create\s+(temp\s+)?table\s+\S+\s+as)\s/i
const READS_NOTHING = /^\s*drop\s/i

/**
 * Queries for checks that run while the models are made. Those that name one by its catalog are refused: they would
 * see the version before, or half of the new one. By another name no model is found there.
 */
export function queryBeside(query: BuildQuery): BuildQuery {
  return async (sql) => {
    if (await mayReadModels(sql, query)) {
      throw new Error(`the models in ${PUBLISHED_CATALOG} are not made yet`)
    }
    return query(sql)
  }
}

async function mayReadModels(sql: string, query: BuildQuery): Promise<boolean> {
  if (!MENTIONED.test(sql) || READS_NOTHING.test(sql)) return false
  const parsed = literal(sql.replace(IN_FRONT, ''))
  const [row] = await query(`select json_serialize_sql(${parsed}, skip_null := true) as tree`)
  let isFound = false
  const look = (key: string, value: unknown): unknown => {
    const text = typeof value === 'string' ? value.toLowerCase() : ''
    if (PLACES.has(key) && text === PUBLISHED_CATALOG) isFound = true
    if (key === 'function_name' && BY_TEXT.has(text)) isFound = true
    // It could not be parsed.
    if (key === 'error' && value === true) isFound = true
    return value
  }
  JSON.parse(String(row?.['tree']), look)
  return isFound
}
