import type { CheckedTable } from '../core/figures.ts'
import type { DescribedColumn, Filter, Scope } from './checkPlan.ts'
import type { Expectation } from './expectation.ts'

/** A table of a suite, found in the database. */
export interface BoundTable {
  /** What the suite calls it. */
  readonly name: string
  readonly table: CheckedTable
  readonly columns: readonly DescribedColumn[]
}

/** One expectation together with the table it is about. */
export interface BoundExpectation {
  readonly bound: BoundTable
  readonly expectation: Expectation
  readonly scope: Scope
}

/** What an expectation may refer to in the database. */
export function scopeOf(
  bound: BoundTable,
  { where }: Expectation,
  other: (name: string) => CheckedTable,
  nowMs: number,
): Scope {
  const condition = where === undefined ? undefined : `(${where}\n)`
  const filter: Filter = (own) => {
    const both = [condition, own].filter((one) => one !== undefined)
    return both.length === 0 ? '' : ` filter (where ${both.join(' and ')})`
  }
  const { table } = bound
  const { relation } = table
  return { table, relation, filter, where: condition, rows: condition ?? 'true', other, nowMs }
}
