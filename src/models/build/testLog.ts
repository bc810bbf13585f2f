import type { Clock } from '../../core/clock.ts'
import type { NodeResult } from '../artifacts/runResults.ts'
import { messageOf } from './runTest.ts'
import type { TestResult } from './runTest.ts'

type Tested = Pick<NodeResult, 'uniqueId'> & { readonly sql: string }

/** How the tests of a build went, as the results of a run have it. */
export interface TestLog {
  /** Runs one test and notes what came of it. */
  run(test: Tested, work: () => Promise<TestResult>): Promise<TestResult>
  /** Notes tests that passed together, by one statement that was begun then. */
  passed(tests: readonly Tested[], startedMs: number): void
  readonly results: readonly NodeResult[]
}

export function testLog({ now }: Pick<Clock, 'now'>): TestLog {
  const results: NodeResult[] = []
  const note = (
    { uniqueId, sql }: Tested,
    startedMs: number,
    outcome: Pick<NodeResult, 'status' | 'message' | 'failures' | 'sample'>,
  ): void => {
    const times = { startedMs, endedMs: now() }
    results.push({ uniqueId, ...outcome, thread: 1, ...times, sql, relation: null })
  }
  return {
    results,
    run: async (test, work) => {
      const startedMs = now()
      try {
        const result = await work()
        const { status, failures, sample } = result
        note(test, startedMs, { status, message: messageOf(result), failures, sample })
        return result
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        note(test, startedMs, { status: 'error', message, failures: null, sample: [] })
        throw error
      }
    },
    passed: (tests, startedMs) => {
      for (const test of tests) {
        note(test, startedMs, { status: 'pass', message: null, failures: 0, sample: [] })
      }
    },
  }
}
