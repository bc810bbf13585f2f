import { identifier } from './sqlText.ts'

/** The name of a table or view in SQL, as templates use it. */
export interface Relation {
  readonly database: string
  readonly schema: string
  readonly identifier: string
  readonly name: string
  readonly table: string
  toString(): string
}

/** A name of three parts; written out it is quoted SQL. */
export function relation(database: string, schema: string, name: string): Relation {
  return named(database, schema, name, [database, schema, name].map(identifier).join('.'))
}

/** What stands for a relation and is written out as it is: a CTE, a subquery. */
export const standIn = (sql: string): Relation => named('', '', sql, sql)

function named(database: string, schema: string, name: string, sql: string): Relation {
  return Object.freeze({
    ...{ database, schema, identifier: name, name, table: name },
    toString: () => sql,
  })
}
