import type { Clock } from '../../core/clock.ts'
import { GateError } from '../../core/errors.ts'
import type { CheckedTable, Figures } from '../../core/figures.ts'
import type { BuildGate, CheckResult, GateCheck } from '../../core/models.ts'
import type { CompiledSource, CompiledTest } from '../project/projectNodes.ts'
import { sourceFreshness } from './sourceFreshness.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { runTest } from './runTest.ts'
import type { TestLog } from './testLog.ts'
import { figureOf } from './testFigures.ts'

export interface CheckOptions {
  readonly tests: readonly CompiledTest[]
  readonly sources: readonly CompiledSource[]
  readonly log: TestLog
  readonly clock: Pick<Clock, 'now'>
  readonly figures: Figures
  /** A table by its name in SQL. */
  readonly tableOf: (relation: string) => CheckedTable
  readonly gates: readonly BuildGate[]
  /** The checks of gates that have begun before. @defaultValue none has */
  readonly begun?: ReadonlyMap<BuildGate, Promise<GateCheck>>
  readonly schema: string
  readonly node: string
}

/**
 * Runs every test and gate on a build, all of them, and rejects it where one of severity `error` fails. What dbt's own
 * generic tests ask is asked by one statement; those that something fails are run one by one.
 *
 * @throws GateError `SBX_MODELS_CHECK`; its cause is the list of all results
 */
export async function checkBuild(
  database: Database,
  { tests, sources, log, clock, figures, tableOf, gates, begun, schema, node }: CheckOptions,
): Promise<readonly CheckResult[]> {
  const startedMs = clock.now()
  const results: CheckResult[] = await staleSources(database, sources, startedMs)
  const passed = await passedTests(tests, figures, tableOf)
  log.passed([...passed], startedMs)
  for (const test of tests) {
    if (passed.has(test)) {
      results.push({ name: test.name, severity: test.severity, failures: 0, sample: [] })
      continue
    }
    const run = () => runTest(database, test, { store: false, node })
    const { status, ...result } = await log.run(test, run)
    // What the test's own conditions let pass is no failure.
    results.push(status === 'pass' ? { ...result, failures: 0 } : result)
  }
  // Gates speak of models by their bare names.
  await database.run(`set search_path = 'memory.main,gold.${schema}'`)
  for (const gate of gates) {
    const check = (await begun?.get(gate)) ?? gate.check
    results.push(...(await check((sql) => database.rows(sql), figures)))
  }
  refuseFailures(results, node)
  return results
}

/** What is older than its source's `freshness` allows. */
async function staleSources(
  database: Database,
  sources: readonly CompiledSource[],
  nowMs: number,
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const source of sources) {
    const found = await sourceFreshness(database, source, nowMs)
    if (found === undefined) continue
    const { status, maxLoadedMs, message, criteria } = found
    const loadedAt = maxLoadedMs === null ? null : new Date(maxLoadedMs).toISOString()
    results.push({
      name: `freshness of source('${source.source}', '${source.table}')`,
      // What may only be warned of is no reason to stop, whatever is wrong with it.
      severity: status === 'warn' || source.freshness?.errorAfter === undefined ? 'warn' : 'error',
      failures: status === 'pass' ? 0 : 1,
      sample: status === 'pass' ? [] : [{ max_loaded_at: loadedAt, ...criteria, message }],
    })
  }
  return results
}

/** Tests of which it is certain that no row fails them. */
async function passedTests(
  tests: readonly CompiledTest[],
  figures: Figures,
  tableOf: CheckOptions['tableOf'],
): Promise<ReadonlySet<CompiledTest>> {
  const asked = tests.flatMap((test) => {
    const figure = figureOf(test, tableOf)
    return figure === undefined ? [] : [{ test, figure }]
  })
  try {
    const values = await figures.compute(asked.map(({ figure }) => figure))
    return new Set(asked.filter((_, i) => Number(values[i]) === 0).map(({ test }) => test))
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    // One of them can't run, and says so by its own name.
    return new Set()
  }
}

/** @throws GateError where a result of severity `error` has failures */
export function refuseFailures(results: readonly CheckResult[], node: string | undefined): void {
  const failed = results.filter(({ severity, failures }) => severity === 'error' && failures > 0)
  if (failed.length === 0) return
  const lines = failed.map(({ name, failures, sample }) => {
    return `${name}: ${failures} failing rows, such as ${JSON.stringify(sample[0] ?? null)}`
  })
  throw new GateError(
    `${failed.length} of ${results.length} checks failed, nothing was published. ${lines.join('; ')}`,
    { code: 'SBX_MODELS_CHECK', node, cause: results },
  )
}
