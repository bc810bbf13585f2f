import type { Json } from '../core/json.ts'
import { identifier } from '../core/sqlText.ts'

/** Adds the rows' condition to an aggregate: `filter('x > 1')` is ` filter (where … and x > 1)`. */
export type Filter = (condition?: string) => string

/** What a figure may refer to. */
export interface Scope {
  /** The tested table, as SQL that can stand behind `from`. */
  readonly relation: string
  readonly filter: Filter
  /** The condition of the rows that are looked at; `true` where it is all of them. */
  readonly rows: string
  /** Another table by its name, as SQL that can stand behind `from`. */
  other(name: string): string
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number
}

/** A column as the database describes it. */
export interface DescribedColumn {
  readonly name: string
  readonly type: string
}

/** What a verdict rests on. */
export interface Evidence {
  /** By the figures' names; 64-bit integers are text. */
  readonly figures: Readonly<Record<string, Json>>
  readonly columns: readonly DescribedColumn[]
  /** Rows of this table when the suite last passed; undefined where it never did. */
  readonly rowsBefore: number | undefined
  readonly nowMs: number
}

export interface Verdict {
  readonly success: boolean
  /** What was found, where that is a value. */
  readonly observed?: Json
  /** Rows that were judged one by one, and how many of them failed. */
  readonly elements?: number
  readonly unexpected?: number
  /** The failing rows must be counted first: judge again with the figure `failing`. */
  readonly recount?: boolean
}

/** What one expectation computes and how it is judged. */
export interface CheckPlan {
  /** Columns that must exist, or nothing can be computed. */
  readonly columns: readonly string[]
  /** Aggregates over the tested table. They are computed in the suite's one scan. */
  readonly aggregates: Readonly<Record<string, (scope: Scope) => string>>
  /** Scalar subqueries that need more than one pass over the rows, in the same statement. */
  readonly subqueries?: Readonly<Record<string, (scope: Scope) => string>>
  judge(evidence: Evidence): Verdict
  /** The rows that fail, where rows fail by themselves: a whole query. Asked only after a failure. */
  readonly failing?: (scope: Scope) => string
}

/** Rows that are judged one by one. */
export interface RowRule {
  readonly columns: readonly string[]
  /** Rows that count. @defaultValue those whose columns are not null */
  readonly tested?: string
  /** True for a row that fails. */
  readonly failing: string
  /** Share of the tested rows that must pass, from 0 to 1. */
  readonly mostly: number
}

/** Every tested row passes or fails by itself. */
export function rowPlan({ columns, failing, mostly, tested }: RowRule): CheckPlan {
  const counts =
    tested ?? columns.map((column) => `${identifier(column)} is not null`).join(' and ')
  return {
    columns,
    aggregates: {
      elements: ({ filter }) => `count(*)${filter(counts)}`,
      unexpected: ({ filter }) => `count(*)${filter(`(${counts}) and (${failing})`)}`,
    },
    judge: ({ figures }) =>
      shareVerdict(Number(figures['elements']), Number(figures['unexpected']), mostly),
    failing: ({ relation, rows }) =>
      `select * from ${relation} as tested where ${rows} and (${counts}) and (${failing})`,
  }
}

/** Whether enough of the rows passed. */
export function shareVerdict(elements: number, unexpected: number, mostly: number): Verdict {
  const success = elements === 0 || elements - unexpected >= mostly * elements - 1e-9
  return { success, elements, unexpected }
}
