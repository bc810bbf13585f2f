import type { CheckedTable, Figure, Figures } from '../core/figures.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { BuildQuery } from '../core/models.ts'
import { identifier } from '../core/sqlText.ts'
import { figureBook } from '../lake/figures/figureBook.ts'
import type { DescribedColumn, Evidence, Verdict } from './checkPlan.ts'
import type { BoundExpectation, BoundTable } from './compileSuite.ts'
import { scopeOf } from './compileSuite.ts'
import type { Suite, SuiteTable } from './suite.ts'
import type { ExpectationResult, SuiteResult } from './suiteResult.ts'

export interface RunSuiteOptions {
  readonly query: BuildQuery
  /** @defaultValue none that are known */
  readonly figures?: Figures
  /** Undefined where there is no such table yet. */
  bind(table: SuiteTable): Promise<CheckedTable | undefined>
  /** Rows of each table when the suite last passed. */
  readonly before: Readonly<Record<string, number>>
  readonly nowMs: () => number
  /** How many failing rows of an expectation are kept. */
  readonly keepRows: number
}

/** Text in kept rows is cut to so many characters. */
const MAX_TEXT = 500
/** Lists and structures are kept up to so many entries, rows of more characters by their keys alone. */
const MAX_ENTRIES = 20
const MAX_ROW = 20_000

interface Found {
  readonly figures: Readonly<Record<string, Json>>
  readonly error?: string
}

/** Runs a suite on a database: describes its tables, computes their figures, fetches rows of what failed. */
export async function runSuite(suite: Suite, options: RunSuiteOptions): Promise<SuiteResult> {
  const { query, nowMs, figures = figureBook({ query }) } = options
  const startedMs = nowMs()
  const bound = new Map<string, BoundTable | string>()
  for (const table of suite.tables) {
    const where = await bindTable(table, options)
    if (where !== undefined) bound.set(table.table, where)
  }
  // Of a table that may be absent, and is, nothing is expected.
  const present = suite.tables.filter(({ table }) => bound.has(table))
  const other = (name: string): CheckedTable => {
    const known = bound.get(name)
    return known === undefined || typeof known === 'string' ? figures.model(name) : known.table
  }

  const computable: BoundExpectation[] = []
  const found = new Map<BoundExpectation['expectation'], Found>()
  for (const { table, expectations } of present) {
    const where = bound.get(table)!
    for (const expectation of expectations) {
      if (typeof where === 'string') {
        found.set(expectation, { figures: {}, error: where })
        continue
      }
      const missing = missingColumn(expectation.plan.columns, where.columns)
      if (missing === undefined) {
        const scope = scopeOf(where, expectation, other, startedMs)
        computable.push({ bound: where, expectation, scope })
      } else found.set(expectation, { figures: {}, error: `there is no column '${missing}'` })
    }
  }
  const tables = [...bound.values()].filter((one) => typeof one !== 'string')
  const rows = await scan(figures, tables, computable, found)

  const results: ExpectationResult[] = []
  for (const { table, key = [], expectations } of present) {
    const where = bound.get(table)!
    for (const expectation of expectations) {
      const { figures, error } = found.get(expectation)!
      const evidence: Evidence = {
        figures,
        columns: typeof where === 'string' ? [] : where.columns,
        rowsBefore: options.before[table],
        nowMs: startedMs,
      }
      const one = computable.find((candidate) => candidate.expectation === expectation)
      const outcome =
        error !== undefined || one === undefined
          ? { verdict: { success: false }, rows: [], error: error ?? null }
          : await judge(one, evidence, key, options)
      results.push({
        table,
        type: expectation.type,
        kwargs: expectation.kwargs,
        description: expectation.description ?? null,
        severity: expectation.severity ?? suite.severity,
        ...flat(outcome.verdict),
        rows: outcome.rows,
        error: outcome.error,
      })
    }
  }
  return {
    formatVersion: 1,
    suite: suite.name,
    success: results.every(({ success }) => success),
    blocked: results.some(({ success, severity }) => !success && severity === 'block'),
    startedAt: new Date(startedMs).toISOString(),
    durationSeconds: (nowMs() - startedMs) / 1000,
    tables: [...bound].map(([table, where]) => ({
      table,
      rows: rows.get(table) ?? null,
      columns: typeof where === 'string' ? [] : where.columns,
    })),
    expectations: results,
  }
}

const flat = ({
  success,
  observed = null,
  elements = null,
  unexpected = null,
}: Partial<Omit<ExpectationResult, 'observed'>> & {
  success: boolean
  observed?: Json
  elements?: number | null
  unexpected?: number | null
}) => ({
  success,
  observed,
  elements,
  unexpected,
})

/** The table, or why it can't be read; undefined where there is none and need not be. */
async function bindTable(
  table: SuiteTable,
  { query, bind }: RunSuiteOptions,
): Promise<BoundTable | string | undefined> {
  try {
    const checked = await bind(table)
    if (checked === undefined) return table.mayBeAbsent === true ? undefined : absent(table)
    const described = await query(`describe select * from ${checked.relation}`)
    const columns = described.map((row): DescribedColumn => {
      return { name: String(row['column_name']), type: String(row['column_type']) }
    })
    return { name: table.table, table: checked, columns }
  } catch (error) {
    return reasonOf(error)
  }
}

const absent = ({ table, delta }: SuiteTable): string =>
  delta === undefined
    ? `there is no model '${table}': look for a misspelling, or give it mayBeAbsent if it is made later`
    : `there is no Delta table at '${delta}' in the lake: look for a misspelling, or give '${table}' mayBeAbsent if it is made later`

const missingColumn = (wanted: readonly string[], columns: readonly DescribedColumn[]) =>
  wanted.find((name) => !columns.some((column) => column.name === name))

/** Figures of all expectations in one statement; where it can't run, of each in one of its own. */
async function scan(
  figures: Figures,
  tables: readonly BoundTable[],
  expectations: readonly BoundExpectation[],
  found: Map<BoundExpectation['expectation'], Found>,
): Promise<ReadonlyMap<string, number>> {
  const counted = new Map<string, number>()
  const compute = async (over: readonly BoundTable[], some: readonly BoundExpectation[]) => {
    const named = some.flatMap(({ expectation, scope }) =>
      Object.entries(expectation.plan.figures).map(([name, figure]) => {
        return { expectation, name, figure: figure(scope) }
      }),
    )
    const rows = over.map(({ table }) => rowsOf(table))
    const values = await figures.compute([...rows, ...named.map(({ figure }) => figure)])
    for (const [index, { name }] of over.entries()) counted.set(name, Number(values[index]))
    for (const { expectation } of some) {
      const own = named.flatMap((one, index) =>
        one.expectation === expectation
          ? [[one.name, values[over.length + index] ?? null] as const]
          : [],
      )
      found.set(expectation, { figures: Object.fromEntries(own) })
    }
  }
  try {
    await compute(tables, expectations)
  } catch (error) {
    reasonOf(error)
    // One of them can't run: its own error must not hide the others' answers.
    for (const table of tables) {
      await compute([table], []).catch(reasonOf)
    }
    for (const one of expectations) {
      await compute([], [one]).catch((error: unknown) => {
        found.set(one.expectation, { figures: {}, error: reasonOf(error) })
      })
    }
  }
  return counted
}

const rowsOf = (table: CheckedTable): Figure => ({
  ...{ kind: 'aggregate', table, sql: 'count(*)', merge: 'sum' },
})

async function judge(
  { bound, expectation, scope }: BoundExpectation,
  evidence: Evidence,
  key: readonly string[],
  { query, keepRows }: RunSuiteOptions,
): Promise<{
  readonly verdict: Verdict
  readonly rows: readonly JsonObject[]
  readonly error: string | null
}> {
  const { plan } = expectation
  let verdict = plan.judge(evidence)
  if (plan.failing === undefined || (verdict.success && (verdict.unexpected ?? 0) === 0)) {
    return { verdict, rows: [], error: null }
  }
  const failing = plan.failing(scope)
  try {
    if (verdict.recount === true) {
      const [counted] = await query(`select count(*) as n from (${failing}\n) as failing`)
      const figures = { ...evidence.figures, failing: counted?.['n'] ?? null }
      verdict = plan.judge({ ...evidence, figures })
    }
    const shown = [...new Set([...key, ...plan.columns])].filter((name) =>
      bound.columns.some((column) => column.name === name),
    )
    // A query of the user's has columns of its own.
    const columns = plan.columns.length === 0 ? '*' : shown.map(identifier).join(', ')
    const rows = await query(`select ${columns} from (${failing}\n) as failing limit ${keepRows}`)
    return { verdict, rows: rows.map((row) => shortened(row, key)), error: null }
  } catch (error) {
    return { verdict, rows: [], error: reasonOf(error) }
  }
}

function shortened(row: JsonObject, key: readonly string[]): JsonObject {
  const text = JSON.stringify(row, (_name, value: Json) => {
    if (typeof value === 'string' && value.length > MAX_TEXT) return `${value.slice(0, MAX_TEXT)}…`
    return Array.isArray(value) ? value.slice(0, MAX_ENTRIES) : value
  })
  const short = JSON.parse(text) as JsonObject
  if (text.length <= MAX_ROW) return short
  return Object.fromEntries(Object.entries(short).filter(([name]) => key.includes(name)))
}

/** What went wrong, in one line. Whoever gives up is not answered by a failed expectation. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || error.name === 'AbortError') throw error
  return error.message.split('\n')[0] ?? error.message
}
