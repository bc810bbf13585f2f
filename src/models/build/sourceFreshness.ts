import type { JsonObject } from '../../core/json.ts'
import type { Database } from '../../lake/openDatabase.ts'
import type { FreshnessResult } from '../artifacts/runResults.ts'
import type { CompiledSource } from '../project/projectNodes.ts'
import type { Age } from '../project/sourceProperties.ts'

const MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/** Holds the age of a table's newest row against what its source allows. */
export async function sourceFreshness(
  database: Database,
  { uniqueId, relation, freshness }: CompiledSource,
  nowMs: number,
): Promise<FreshnessResult | undefined> {
  if (freshness === undefined) return undefined
  const { loadedAtField, filter, warnAfter, errorAfter } = freshness
  const age = (one: Age | undefined): JsonObject | null => (one === undefined ? null : { ...one })
  const criteria: JsonObject = {
    warn_after: age(warnAfter),
    error_after: age(errorAfter),
    filter: filter ?? null,
  }
  const shared = { uniqueId, snapshottedMs: nowMs, criteria }
  try {
    const [row] = await database.rows(
      `select epoch_ms(max(cast(${loadedAtField} as timestamptz))) as ms from ${relation}${filter === undefined ? '' : ` where ${filter}`}`,
    )
    if (row?.['ms'] === undefined || row['ms'] === null) {
      const message = `${relation} has no rows: nothing says how old it is`
      return { ...shared, status: 'error', maxLoadedMs: null, message }
    }
    const maxLoadedMs = Number(row['ms'])
    const isOver = (limit: Age | undefined) =>
      limit !== undefined && nowMs - maxLoadedMs > limit.count * MS[limit.period]
    const status = isOver(errorAfter) ? 'error' : isOver(warnAfter) ? 'warn' : 'pass'
    return { ...shared, status, maxLoadedMs, message: null }
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    return { ...shared, status: 'runtime error', maxLoadedMs: null, message: error.message }
  }
}
