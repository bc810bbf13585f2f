import { identifier } from '../../core/sqlText.ts'
import { shareVerdict, type CheckPlan } from '../checkPlan.ts'

/**
 * No two tested rows have the same values in these columns; rows in which all of them are null don't
 * count. The scan counts distinct values; only where they are fewer than the rows, the repeated rows are
 * counted by a query of their own.
 */
export function uniquePlan(columns: readonly string[], mostly: number): CheckPlan {
  const quoted = columns.map(identifier)
  const tested = `(${quoted.map((column) => `${column} is not null`).join(' or ')})`
  const key = quoted.length === 1 ? quoted[0]! : `row(${quoted.join(', ')})`
  return {
    columns,
    aggregates: {
      elements: ({ filter }) => `count(*)${filter(tested)}`,
      distinct: ({ filter }) => `count(distinct ${key})${filter(tested)}`,
    },
    judge: ({ figures }) => {
      const elements = Number(figures['elements'])
      if (elements === Number(figures['distinct'])) return shareVerdict(elements, 0, mostly)
      // Fewer values than rows: how many rows share one is known only after they were counted.
      const { failing } = figures
      if (failing === undefined) return { success: false, elements, recount: true }
      return shareVerdict(elements, Number(failing), mostly)
    },
    failing: ({ relation, rows }) =>
      `select * from ${relation} as tested where ${rows} and ${tested} qualify count(*) over (partition by ${quoted.join(', ')}) > 1 order by ${quoted.join(', ')}`,
  }
}
