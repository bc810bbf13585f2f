import { GateError } from '../../core/errors.ts'
import type { CheckResult } from '../../core/models.ts'
import type { JsonObject } from '../../core/json.ts'
import type { CompiledTest } from '../project/projectNodes.ts'
import type { Database } from '../../lake/openDatabase.ts'

/** How many failing rows a result shows. */
const SAMPLE = 5
/** And how many it keeps where the test stores them. */
const STORED = 1000

/** What came of a test: `warn` and `error` by its severity and its conditions. */
export interface TestResult extends CheckResult {
  readonly status: 'pass' | 'warn' | 'fail'
}

/** What dbt says of a test that did not pass. */
export const messageOf = ({ status, failures }: TestResult): string | null =>
  status === 'pass'
    ? null
    : `Got ${failures} result${failures === 1 ? '' : 's'}, configured to ${status}`

/** Runs one test: what its failing rows are counted as is held against `error_if` and `warn_if`. */
export async function runTest(
  database: Database,
  test: CompiledTest,
  { store, node }: { readonly store: boolean; readonly node?: string | undefined },
): Promise<TestResult> {
  const { name, file, config } = test
  const limited = config.limit === undefined ? '' : `\nlimit ${config.limit}`
  let failing = `(\n${test.sql}${limited}\n)`
  try {
    if (store && config.storeFailures) {
      const schema = test.relation.split('"."').slice(0, 2).join('"."')
      await database.run(`create schema if not exists ${schema}"`)
      await database.run(`create or replace table ${test.relation} as from ${failing}`)
      failing = test.relation
    }
    const [counted] = await database.rows(
      `select f as failures, f ${comparison(config.errorIf)} as is_error, f ${comparison(config.warnIf)} as is_warning from (select cast(coalesce(${config.failCalc}, 0) as bigint) as f from ${failing} as dbt_internal_test)`,
    )
    const failures = Number(counted?.['failures'])
    const status = statusOf(test, counted ?? {})
    const shown = config.storeFailures ? STORED : SAMPLE
    const sample = status === 'pass' ? [] : await database.rows(`from ${failing} limit ${shown}`)
    return { name, severity: status === 'warn' ? 'warn' : test.severity, failures, sample, status }
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    throw new GateError(`the test '${name}' (${file}) can't run: ${error.message}`, {
      code: 'SBX_MODELS_CHECK',
      node,
      cause: error,
    })
  }
}

function statusOf({ severity }: CompiledTest, counted: JsonObject): TestResult['status'] {
  if (severity === 'error' && counted['is_error'] === true) return 'fail'
  return counted['is_warning'] === true ? 'warn' : 'pass'
}

/** dbt takes Python's equals sign too. */
const comparison = (condition: string): string => condition.replace('==', '=')
