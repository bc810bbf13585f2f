import { identifier } from '../../core/sqlText.ts'
import { counted, shareVerdict } from '../checkPlan.ts'
import type { CheckPlan } from '../checkPlan.ts'

/**
 * No two tested rows have the same values in these columns; rows in which all of them are null don't
 * count. Distinct hashes are counted, of which there are as many as rows only where no values repeat;
 * where there are fewer, the repeated rows are counted by their values, in a query of its own.
 */
export function uniquePlan(columns: readonly string[], mostly: number): CheckPlan {
  const quoted = columns.map(identifier)
  const tested = `(${quoted.map((column) => `${column} is not null`).join(' or ')})`
  return {
    columns,
    figures: {
      elements: counted(tested),
      repeats: ({ table, where }) => ({ kind: 'repeats', table, columns, rows: where }),
    },
    judge: ({ figures }) => {
      const elements = Number(figures['elements'])
      if (Number(figures['repeats']) === 0) return shareVerdict(elements, 0, mostly)
      // Fewer than rows: how many rows share values is known only after they were counted.
      const { failing } = figures
      if (failing === undefined) return { success: false, elements, recount: true }
      return shareVerdict(elements, Number(failing), mostly)
    },
    failing: ({ relation, rows }) =>
      `select * from ${relation} as tested where ${rows} and ${tested} qualify count(*) over (partition by ${quoted.join(', ')}) > 1 order by ${quoted.join(', ')}`,
  }
}
