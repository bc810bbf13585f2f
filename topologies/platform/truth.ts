import { plantedTruth } from '../simulators/writeLanding.ts'
import type { Summary } from './summary.ts'

/** One planted number and what the run found. */
export interface TruthCheck {
  readonly what: string
  readonly expected: number
  readonly got: number
}

/**
 * Compares what the simulator planted with the totals of a lake. Undefined where some file of the
 * landing zone has no stated truth: then nothing can be expected.
 */
export async function checkTruth(
  landing: string,
  summary: Summary,
): Promise<TruthCheck[] | undefined> {
  const truth = await plantedTruth(landing)
  if (!truth.complete) return undefined
  const checks: TruthCheck[] = []
  const expected = { read: 0, written: 0, duplicate: 0 }
  const reasons: Record<string, number> = {}
  for (const planted of Object.values(truth.platforms)) {
    expected.read += planted.read
    expected.written += planted.written
    expected.duplicate += planted.duplicate
    for (const [reason, count] of Object.entries(planted.rejected)) {
      reasons[reason] = (reasons[reason] ?? 0) + count
    }
  }
  const { records, rejected_by: rejectedBy } = summary.total
  for (const what of ['read', 'written', 'duplicate'] as const) {
    checks.push({ what, expected: expected[what], got: records[what] })
  }
  for (const what of new Set([...Object.keys(reasons), ...Object.keys(rejectedBy)])) {
    checks.push({ what, expected: reasons[what] ?? 0, got: rejectedBy[what] ?? 0 })
  }
  return checks
}
