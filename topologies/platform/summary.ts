import type { Ledger, RunResult } from '../../src/index.ts'

/** What became of records. */
export interface Counts {
  read: number
  written: number
  duplicate: number
  late: number
  rejected: number
  filtered: number
  repaired: number
}

export interface Tally {
  readonly records: Counts
  readonly by_platform: Readonly<Record<string, Counts>>
  readonly rejected_by: Readonly<Record<string, number>>
}

/** The platform's summary: keys and meaning are part of its contract. */
export interface Summary extends Tally {
  readonly run_id: string
  readonly total: Tally
  readonly duration_seconds: number
  readonly epochs: number
  readonly gold_version: number | null
}

const PLATFORMS = ['twitter', 'reddit', 'youtube'] as const
const SILVER = 'silver.posts'
/** What it read is read again from the topic: here only what it turned down counts. */
const FEEDERS: Readonly<Record<string, (typeof PLATFORMS)[number]>> = { 'feed-tweets': 'twitter' }

/** Adds up a run by platform: a task's platform is the first part of its source's name. */
export function summarise(result: RunResult, withGold: boolean): Summary {
  const gold = result.tasks.find((task) => task.node === 'gold')
  const state = gold?.state as { readonly version?: number } | null | undefined
  return {
    run_id: result.runId,
    ...tally(result, 'ledger'),
    total: tally(result, 'total'),
    duration_seconds: result.durationSeconds,
    epochs: result.epochs,
    gold_version: withGold ? (state?.version ?? null) : null,
  }
}

function tally(result: RunResult, which: 'ledger' | 'total'): Tally {
  const platforms = Object.fromEntries(PLATFORMS.map((platform) => [platform, none()]))
  const rejectedBy: Record<string, number> = {}
  for (const task of result.tasks) {
    const feeds = FEEDERS[task.node]
    const platform = platforms[feeds ?? task.node]
    if (platform === undefined) continue
    const counts = countsOf(task.node, task[which])
    add(platform, feeds === undefined ? counts : { ...counts, read: counts.rejected })
    for (const { reasons } of Object.values(task[which])) {
      for (const [reason, n] of Object.entries(reasons)) {
        if (reason !== 'late') rejectedBy[reason] = (rejectedBy[reason] ?? 0) + n
      }
    }
  }
  const records = none()
  for (const platform of Object.values(platforms)) add(records, platform)
  return { records, by_platform: platforms, rejected_by: rejectedBy }
}

function countsOf(source: string, ledger: Ledger): Counts {
  const counts = none()
  counts.read = ledger[source]?.in ?? 0
  counts.written = ledger[SILVER]?.in ?? 0
  for (const node of Object.values(ledger)) {
    counts.duplicate += node.duplicate
    counts.late += node.late
    counts.rejected += node.rejected
    counts.filtered += node.filtered
    counts.repaired += node.repaired
  }
  return counts
}

const none = (): Counts => ({
  read: 0,
  written: 0,
  duplicate: 0,
  late: 0,
  rejected: 0,
  filtered: 0,
  repaired: 0,
})

function add(sum: Counts, more: Counts): void {
  for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += more[key]
}
