import { ConfigError } from '../core/errors.ts'
import type { Figures } from '../core/figures.ts'
import type { BuildGate, BuildQuery, CheckResult } from '../core/models.ts'
import { figureBook } from '../lake/figures/figureBook.ts'
import { openLake } from '../lake/openLake.ts'
import { markRefused } from './resultStore.ts'
import { runSuites } from './runSuites.ts'
import type { Suite } from './suite.ts'
import type { ExpectationResult, SuiteResult } from './suiteResult.ts'

export interface SuiteGateOptions {
  /** Folder or `s3://bucket/prefix`: where results are kept, and where the Delta tables and raw files are. */
  readonly lake: string
  readonly suites: readonly Suite[]
  /** How many failing rows of an expectation are kept, from 0 to 1000. @defaultValue 20 */
  readonly keepRows?: number
  /** Milliseconds since 1970, for freshness and results. @defaultValue the machine's */
  readonly nowMs?: () => number
}

const MAX_KEEP_ROWS = 1000

/**
 * Runs suites on each build of SQL models before it is published: a failed expectation of severity `block`
 * rejects the build, and readers keep the version they see. Tables are the models as just built, or Delta
 * tables and raw files of the lake.
 *
 * **State**: the results of each suite's newest 100 runs in `<lake>/_quality/<suite>/`, with the keys and
 * values of `keepRows` failing rows an expectation. What is compared with before is compared with the newest
 * result in which nothing blocked.
 *
 * @throws ConfigError `SBX_OPTION`, `SBX_SUITE` (two suites of one name)
 * @example
 * ```ts
 * const filled = expectTableRowCountToBeBetween({ minValue: 1 })
 * const suite = defineSuite('orders', [{ table: 'orders', expectations: [filled] }])
 * const gates = [suiteGate({ lake: './lake', suites: [suite] })] // for sqlModels
 * ```
 */
export function suiteGate(options: SuiteGateOptions): BuildGate {
  const { lake, suites, keepRows = 20, nowMs = () => Date.now() } = options
  checkSuites(suites)
  checkKeepRows('suiteGate', keepRows)
  /** What is kept of the build that was judged last. */
  const kept = new Map<string, SuiteResult>()
  const run = async (
    some: readonly Suite[],
    query: BuildQuery,
    figures: Figures = figureBook({ query }),
    isResult?: (result: SuiteResult) => boolean,
  ): Promise<readonly SuiteResult[]> => {
    const store = await openLake(lake)
    const bindModel = async ({ table }: { readonly table: string }) => figures.model(table)
    const how = {
      ...{ store, query, figures, bindModel, keepRows, nowMs },
      kept: (key: string, result: SuiteResult) => void kept.set(key, result),
    }
    return runSuites(some, isResult === undefined ? how : { ...how, isResult })
  }
  return Object.freeze<BuildGate>({
    name: suites.map(({ name }) => name).join(', '),
    check: async (query, figures) => {
      kept.clear()
      return (await run(suites, query, figures)).flatMap(checksOf)
    },
    refused: async () => {
      const store = await openLake(lake)
      for (const [key, result] of kept) {
        if (!result.blocked) await markRefused(store, key, result)
      }
      kept.clear()
    },
    begin: async (query, figures) => {
      kept.clear()
      // What refers to a model after all can't be computed yet, and is judged again with the others.
      const isResult = ({ expectations }: SuiteResult) =>
        expectations.every(({ error }) => error === null)
      const begun = await run(suites.filter(needsNoModel), query, figures, isResult)
      const isOpen = ({ name }: Suite) => !begun.some(({ suite }) => suite === name)
      return async (query, figures) => {
        const rest = await run(suites.filter(isOpen), query, figures)
        const all = [...begun, ...rest]
        const inOrder = suites.flatMap(({ name }) => all.filter(({ suite }) => suite === name))
        return inOrder.flatMap(checksOf)
      }
    },
  })
}

/** Whether all that a suite is about is in the lake before the models are. */
const needsNoModel = ({ tables }: Suite): boolean =>
  tables.every(({ delta, raw }) => delta !== undefined || raw !== undefined)

export function checkKeepRows(who: string, keepRows: number): void {
  if (Number.isInteger(keepRows) && keepRows >= 0 && keepRows <= MAX_KEEP_ROWS) return
  throw new ConfigError(
    `${who}: keepRows must be a whole number from 0 to ${MAX_KEEP_ROWS}, not ${keepRows}`,
    { code: 'SBX_OPTION' },
  )
}

/** Results are kept by name, so names must differ. */
export function checkSuites(suites: readonly Suite[]): void {
  const names = suites.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new ConfigError(`there are two suites named '${twice}'; give each a name of its own`, {
    code: 'SBX_SUITE',
  })
}

/** A suite's result as the checks of a build. */
function checksOf({ suite, expectations }: SuiteResult): CheckResult[] {
  return expectations.map((result) => ({
    name: `${suite}.${nameOf(result)}`,
    severity: result.severity === 'block' ? 'error' : 'warn',
    failures: result.success ? 0 : Math.max(1, result.unexpected ?? 1),
    sample: result.success ? [] : result.rows.length > 0 ? result.rows : [whatWasFound(result)],
  }))
}

/** `orders.expectColumnValuesToBeUnique(id)`, or what its author called it. */
export function nameOf({ table, type, kwargs, description }: ExpectationResult): string {
  if (description !== null) return `${table}: ${description}`
  const { column, columnA, columnB, columnList, columnSet } = kwargs
  const columns = [column, columnA, columnB, columnList, columnSet].flat().filter(Boolean)
  return `${table}.${type}(${columns.map(String).join(', ')})`
}

const whatWasFound = ({ observed, error }: ExpectationResult) =>
  error === null ? { observed } : { error }
