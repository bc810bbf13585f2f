import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { GateError } from '../core/errors.ts'
import { figureBook } from '../lake/figures/figureBook.ts'
import { openDatabase } from '../lake/openDatabase.ts'
import { openLake } from '../lake/openLake.ts'
import { checkedDelta } from './bind/checkedDelta.ts'
import { runSuites } from './runSuites.ts'
import type { Suite } from './suite.ts'
import { checkKeepRows, checkSuites, nameOf } from './suiteGate.ts'
import type { SuiteResult } from './suiteResult.ts'

export interface CheckLakeOptions {
  /** Folder or `s3://bucket/prefix`. */
  readonly lake: string
  readonly suites: readonly Suite[]
  /** Where in the lake the models' Delta tables are. @defaultValue 'gold' */
  readonly models?: string
  /** How many failing rows of an expectation are kept, from 0 to 1000. @defaultValue 20 */
  readonly keepRows?: number
  /** Threads of the scan. @defaultValue the number of cores */
  readonly threads?: number
  /** What the scan may hold in memory before it spills to disk, bytes. @defaultValue 512 MiB */
  readonly memoryBytes?: number
  /** Gives up. */
  readonly signal?: AbortSignal
  /** Milliseconds since 1970, for freshness and results. @defaultValue the machine's */
  readonly nowMs?: () => number
}

/**
 * Runs suites on what a lake holds now, and keeps the results in `<lake>/_quality/<suite>/`. Nothing is
 * thrown for what fails: `refuseBlocked` does that.
 *
 * @throws ConfigError `SBX_OPTION`, `SBX_SUITE`, `SBX_MISSING_PEER` (`@duckdb/node-api` is not installed)
 * @example
 * ```ts
 * const filled = expectTableRowCountToBeBetween({ minValue: 1 })
 * const suite = defineSuite('posts', [{ table: 'posts', delta: 'silver/posts', expectations: [filled] }])
 * const results = await checkLake({ lake: './lake', suites: [suite] })
 * console.table(results.map(({ suite, success, blocked }) => ({ suite, success, blocked })))
 * ```
 */
export async function checkLake(options: CheckLakeOptions): Promise<readonly SuiteResult[]> {
  const { lake, suites, models = 'gold', keepRows = 20, nowMs = () => Date.now() } = options
  checkSuites(suites)
  checkKeepRows('checkLake', keepRows)
  const store = await openLake(lake)
  const spillDirectory = await mkdtemp(join(tmpdir(), 'sluicebox-quality-spill-'))
  try {
    const database = await openDatabase({
      threads: options.threads ?? availableParallelism(),
      memoryBytes: options.memoryBytes ?? 512 * 2 ** 20,
      spillDirectory,
      signal: options.signal,
    })
    try {
      const query = (sql: string) => database.rows(sql)
      return await runSuites(suites, {
        ...{ store, query, figures: figureBook({ query }) },
        bindModel: ({ table }, folder) => checkedDelta(store, `${models}/${table}`, folder),
        keepRows,
        nowMs,
      })
    } finally {
      database.close()
    }
  } finally {
    await rm(spillDirectory, { recursive: true, force: true })
  }
}

/**
 * Throws where something of severity `block` failed.
 *
 * @throws GateError `SBX_SUITE_BLOCKED`, naming what failed and a failing row each
 */
export function refuseBlocked(results: readonly SuiteResult[]): void {
  const failed = results.flatMap(({ suite, expectations }) =>
    expectations
      .filter(({ success, severity }) => !success && severity === 'block')
      .map((result) => {
        const { unexpected, rows, observed, error } = result
        const found = error ?? JSON.stringify(rows[0] ?? observed)
        const count = unexpected === null ? '' : `${unexpected} failing rows, such as `
        return `${suite}.${nameOf(result)}: ${count}${found}`
      }),
  )
  if (failed.length === 0) return
  throw new GateError(
    `${failed.length} blocking expectations failed. ${failed.join('; ')}. The rows are in _quality`,
    { code: 'SBX_SUITE_BLOCKED', cause: results },
  )
}
