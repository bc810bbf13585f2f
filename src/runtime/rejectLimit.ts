import { ConfigError, GateError } from '../core/errors.ts'
import type { Ledger } from './ledger.ts'

/** When an epoch has so many rejected records that something else must be wrong. */
export interface RejectLimit {
  /** Share of the epoch's records that may be rejected, from 0 to 1. */
  readonly share: number
  /** An epoch with fewer records is let through. @defaultValue 1000 */
  readonly minRecords?: number
}

const MIN_RECORDS = 1000
/** Reasons that an error names. */
const NAMED = 5

/** @throws ConfigError `SBX_OPTION` for an impossible limit */
export function checkRejectLimit({ share, minRecords = MIN_RECORDS }: RejectLimit): void {
  if (!(share >= 0 && share <= 1)) {
    throw new ConfigError(`run: rejectLimit.share must be from 0 to 1, not ${share}`, {
      code: 'SBX_OPTION',
    })
  }
  if (Number.isInteger(minRecords) && minRecords > 0) return
  throw new ConfigError(
    `run: rejectLimit.minRecords must be a whole number above 0, not ${minRecords}`,
    { code: 'SBX_OPTION' },
  )
}

/**
 * The circuit breaker in front of a commit: refuses an epoch of which more than a share was rejected. Late
 * records and repeats are none of its business.
 *
 * @throws GateError `SBX_REJECT_LIMIT`, with the counts of the reasons
 */
export function refuseRejected(
  source: string,
  epoch: number,
  ledger: Readonly<Ledger>,
  { share, minRecords = MIN_RECORDS }: RejectLimit,
): void {
  const read = ledger[source]?.in ?? 0
  let rejected = 0
  const reasons = new Map<string, number>()
  for (const node of Object.values(ledger)) {
    rejected += node.rejected
    for (const [reason, records] of Object.entries(node.reasons)) {
      if (reason !== 'late') reasons.set(reason, (reasons.get(reason) ?? 0) + records)
    }
  }
  if (read < minRecords || rejected <= share * read) return
  const most = [...reasons].sort(([, a], [, b]) => b - a).slice(0, NAMED)
  const list = most.map(([reason, records]) => `${reason} ${records}`).join(', ')
  throw new GateError(
    `${rejected} of the ${read} records of epoch ${epoch} were rejected (${percent(rejected / read)}, the limit is ${percent(share)}): ${list}. ` +
      `The epoch was not committed, so nothing of it is in a table or in the quarantine, and the next run reads it again. ` +
      `Mend the source or the schema, or raise rejectLimit to let these records into the quarantine`,
    { code: 'SBX_REJECT_LIMIT', node: source },
  )
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
