import type { CheckedTable, Figure } from '../core/figures.ts'
import type { Json } from '../core/json.ts'
import { identifier } from '../core/sqlText.ts'

/** Adds the rows' condition to an aggregate: `filter('x > 1')` is ` filter (where … and x > 1)`. */
export type Filter = (condition?: string) => string

/** What a figure may refer to. */
export interface Scope {
  /** The tested table. */
  readonly table: CheckedTable
  /** It, as SQL that can stand behind `from`. */
  readonly relation: string
  readonly filter: Filter
  /** The condition of the rows that are looked at; undefined where it is all of them. */
  readonly where: string | undefined
  /** The same, `true` where it is all of them. */
  readonly rows: string
  /** Another table by its name. */
  other(name: string): CheckedTable
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

/** A figure of the tested table. */
export type FigureOf = (scope: Scope) => Figure

/** An aggregate; `merge` where those of parts make that of the whole, as long as nobody's condition may say otherwise. */
export const aggregate =
  (sql: (scope: Scope) => string, merge?: 'sum' | 'max'): FigureOf =>
  (scope) => ({
    kind: 'aggregate',
    table: scope.table,
    sql: sql(scope),
    merge: scope.where === undefined ? merge : undefined,
  })

/** How many rows there are of which a condition holds. */
export const counted = (condition?: string): FigureOf =>
  aggregate(({ filter }) => `count(*)${filter(condition)}`, 'sum')

/** What one expectation computes and how it is judged. */
export interface CheckPlan {
  /** Columns that must exist, or nothing can be computed. */
  readonly columns: readonly string[]
  /** They are computed in the suite's one statement; aggregates over a table, in one scan of it. */
  readonly figures: Readonly<Record<string, FigureOf>>
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
    figures: {
      elements: counted(counts),
      unexpected: counted(`(${counts}) and (${failing})`),
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
