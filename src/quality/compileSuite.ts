import { identifier } from '../core/sqlText.ts'
import type { DescribedColumn, Filter, Scope } from './checkPlan.ts'
import type { Expectation } from './expectation.ts'

/** A table of a suite, found in the database. */
export interface BoundTable {
  readonly table: string
  /** SQL that can stand behind `from`. */
  readonly relation: string
  readonly columns: readonly DescribedColumn[]
}

/** One expectation together with the table it is about. */
export interface BoundExpectation {
  readonly bound: BoundTable
  readonly expectation: Expectation
  readonly scope: Scope
}

/** Where one figure of an expectation stands in the scan's only row. */
export interface FigurePlace {
  readonly expectation: BoundExpectation
  readonly figure: string
  readonly column: string
}

/** A suite's scan: one statement with one row of figures. */
export interface CompiledScan {
  readonly sql: string
  readonly places: readonly FigurePlace[]
  /** The column with the number of rows of each table, by the table's name. */
  readonly rows: ReadonlyMap<string, string>
}

/** What an expectation may refer to in the database. */
export function scopeOf(
  bound: BoundTable,
  { where }: Expectation,
  other: (name: string) => string,
  nowMs: number,
): Scope {
  const condition = where === undefined ? undefined : `(${where}\n)`
  const filter: Filter = (own) => {
    const both = [condition, own].filter((one) => one !== undefined)
    return both.length === 0 ? '' : ` filter (where ${both.join(' and ')})`
  }
  return { relation: bound.relation, filter, rows: condition ?? 'true', other, nowMs }
}

/**
 * Everything that expectations need of their tables as one statement: aggregates are computed while each
 * table is read once; only what needs other tables, or an order, is a subquery beside it.
 */
export function compileScan(
  tables: readonly BoundTable[],
  expectations: readonly BoundExpectation[],
): CompiledScan {
  const places: FigurePlace[] = []
  const rows = new Map<string, string>()
  const scans: string[] = []
  const subqueries: string[] = []
  for (const [index, table] of tables.entries()) {
    const count = `rows${index}`
    rows.set(table.table, count)
    const figures = [`count(*) as ${count}`]
    for (const one of expectations) {
      if (one.bound !== table) continue
      const place = (figure: string): string => {
        const column = `f${places.length}`
        places.push({ expectation: one, figure, column })
        return column
      }
      const { aggregates, subqueries: beside = {} } = one.expectation.plan
      for (const [figure, sql] of Object.entries(aggregates)) {
        figures.push(`${sql(one.scope)} as ${place(figure)}`)
      }
      for (const [figure, sql] of Object.entries(beside)) {
        subqueries.push(`(${sql(one.scope)}) as ${place(figure)}`)
      }
    }
    scans.push(
      `scan${index} as (select ${figures.join(',\n  ')}\n  from ${table.relation} as tested)`,
    )
  }
  const from = tables.map((_, index) => `scan${index}`).join(', ')
  return {
    sql: `with ${scans.join(',\n')}\nselect ${['*', ...subqueries].join(',\n  ')}\nfrom ${from}`,
    places,
    rows,
  }
}

/** A name with dots as SQL writes it: `main.orders` is `"main"."orders"`. */
export const relationName = (name: string): string => name.split('.').map(identifier).join('.')
