import { GateError } from '../../core/errors.ts'
import type { BuildGate, CheckResult } from '../../core/models.ts'
import type { CompiledTest } from '../project/projectNodes.ts'
import type { Database } from '../../lake/openDatabase.ts'
import { runTest } from './runTest.ts'

export interface CheckOptions {
  readonly tests: readonly CompiledTest[]
  readonly gates: readonly BuildGate[]
  readonly schema: string
  readonly node: string
}

/**
 * Runs every test and gate on a build, all of them, and rejects it where one of severity `error` fails.
 *
 * @throws GateError `SBX_MODELS_CHECK`; its cause is the list of all results
 */
export async function checkBuild(
  database: Database,
  { tests, gates, schema, node }: CheckOptions,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (const test of tests) {
    const { status, ...result } = await runTest(database, test, { store: false, node })
    // What the test's own conditions let pass is no failure.
    results.push(status === 'pass' ? { ...result, failures: 0 } : result)
  }
  // Gates speak of models by their bare names.
  await database.run(`set search_path = 'memory.main,gold.${schema}'`)
  for (const gate of gates) results.push(...(await gate.check((sql) => database.rows(sql))))
  refuseFailures(results, node)
  return results
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
