import type { CheckedTable, Figure } from '../../core/figures.ts'
import type { CompiledTest } from '../project/projectNodes.ts'
import { identifier } from '../project/sqlText.ts'

/**
 * The figure of a generic test that is 0 exactly where no row fails it; undefined where there is none, or where
 * settings of the test change what it counts or what that is held against.
 *
 * @param tableOf a table by its name in SQL
 */
export function figureOf(
  { asks, config }: CompiledTest,
  tableOf: (relation: string) => CheckedTable,
): Figure | undefined {
  const { where, limit, failCalc, warnIf, errorIf } = config
  const isPlain = where === undefined && limit === undefined && failCalc === 'count(*)'
  if (asks === undefined || !isPlain || warnIf !== '!= 0' || errorIf !== '!= 0') return undefined
  const table = tableOf(asks.on)
  const column = identifier(asks.column)
  const count = (condition: string): Figure => {
    const sql = `count(*) filter (where ${condition})`
    return { kind: 'aggregate', table, sql, merge: 'sum' }
  }
  switch (asks.kind) {
    case 'unique':
      return { kind: 'repeats', table, columns: [asks.column] }
    case 'not_null':
      return count(`${column} is null`)
    case 'accepted_values':
      return count(`${column} not in (${asks.values})`)
    case 'relationships': {
      const to = { other: tableOf(asks.to), otherColumn: asks.field }
      return { kind: 'orphans', table, column: asks.column, ...to }
    }
  }
}
