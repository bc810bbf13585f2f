import { GateError } from '../../core/errors.ts'
import type { BuildGate, CheckResult } from '../../core/models.ts'
import type { CompiledTest } from '../project/compileProject.ts'
import type { Database } from '../../lake/openDatabase.ts'

export interface CheckOptions {
  readonly tests: readonly CompiledTest[]
  readonly gates: readonly BuildGate[]
  readonly schema: string
  readonly node: string
}

/** How many failing rows a result shows. */
const SAMPLE = 5

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
  for (const test of tests) results.push(await runTest(database, test, node))
  // Gates speak of models by their bare names.
  await database.run(`set search_path = 'memory.main,gold.${schema}'`)
  for (const gate of gates) results.push(...(await gate.check((sql) => database.rows(sql))))

  const failed = results.filter(({ severity, failures }) => severity === 'error' && failures > 0)
  if (failed.length === 0) return results
  const lines = failed.map(({ name, failures, sample }) => {
    return `${name}: ${failures} failing rows, such as ${JSON.stringify(sample[0] ?? null)}`
  })
  throw new GateError(
    `${failed.length} of ${results.length} checks failed, nothing was published. ${lines.join('; ')}`,
    { code: 'SBX_MODELS_CHECK', node, cause: results },
  )
}

async function runTest(
  database: Database,
  { name, file, sql, severity }: CompiledTest,
  node: string,
): Promise<CheckResult> {
  try {
    const [counted] = await database.rows(`select count(*) as n from (\n${sql}\n) as failing`)
    const failures = Number(counted?.['n'])
    const sample = failures === 0 ? [] : await database.rows(`from (\n${sql}\n) limit ${SAMPLE}`)
    return { name, severity, failures, sample }
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    throw new GateError(`the test '${name}' (${file}) can't run: ${error.message}`, {
      code: 'SBX_MODELS_CHECK',
      node,
      cause: error,
    })
  }
}
