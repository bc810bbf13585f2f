import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../core/json.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { runResultsOf } from './runResults.ts'
import type { NodeResult } from './runResults.ts'

/** Builds whose results are kept; older ones are removed. */
const KEPT = 100
/** How many builds the newest result of each test is looked for in. */
const LOOK_BACK = 20

/** How a test went when it was last run. */
export interface LastResult {
  readonly uniqueId: string
  readonly status: NodeResult['status']
  /** How many rows failed it; null where it could not run. */
  readonly failures: number | null
  readonly message: string | null
  /** ISO 8601, UTC. */
  readonly at: string
  /** Tests that are asked by one statement took as long as that. */
  readonly seconds: number
}

/** Suites have names that begin with a letter. */
const folder = (path: string): string => `_quality/_models/${path}/`

/**
 * Keeps how the tests of a build went as `_quality/_models/<path>/<time>-<random>.json`, which is dbt's
 * `run_results.json`, and removes what is older than the newest 100.
 */
export async function keepTestResults(
  store: ObjectStore,
  path: string,
  results: readonly NodeResult[],
  { startedMs, nowMs }: { readonly startedMs: number; readonly nowMs: number },
): Promise<void> {
  const id = randomUUID()
  const artifact = runResultsOf(results, { which: 'build' }, { id, startedMs, nowMs })
  const time = new Date(startedMs).toISOString().replaceAll(/[-:.]/g, '')
  const key = `${folder(path)}${time}-${id.slice(0, 8)}.json`
  await store.create(key, new TextEncoder().encode(`${JSON.stringify(artifact)}\n`))
  const keys = await keysOf(store, path)
  for (const old of keys.slice(0, -KEPT)) await store.remove(old)
}

/** Whether a test of severity `error` failed in the newest build whose results are kept. */
export async function lastBuildFailed(store: ObjectStore, path: string): Promise<boolean> {
  const newest = (await keysOf(store, path)).at(-1)
  const bytes = newest === undefined ? undefined : await store.read(newest)
  const results = bytes === undefined ? [] : parse(bytes)
  return results.some(({ status }) => status === 'fail' || status === 'error')
}

/** How each test went when it was last run. Unit tests run with full builds alone, so that may be a while ago. */
export async function lastTestResults(
  store: ObjectStore,
  path: string,
): Promise<readonly LastResult[]> {
  const found = new Map<string, LastResult>()
  const keys = await keysOf(store, path)
  for (const key of keys.toReversed().slice(0, LOOK_BACK)) {
    const bytes = await store.read(key)
    // Another process may have removed it since.
    for (const one of bytes === undefined ? [] : parse(bytes)) {
      if (!found.has(one.uniqueId)) found.set(one.uniqueId, one)
    }
  }
  return [...found.values()]
}

async function keysOf(store: ObjectStore, path: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(folder(path))) keys.push(key)
  return keys.sort()
}

/** What can't be read tells nothing; it is no reason to stop. */
function parse(bytes: Uint8Array): readonly LastResult[] {
  try {
    const { results } = JSON.parse(new TextDecoder().decode(bytes)) as JsonObject & {
      readonly results: readonly JsonObject[]
    }
    return results.map((result) => {
      const [, { completed_at: at } = {}] = result['timing'] as unknown as readonly JsonObject[]
      return {
        uniqueId: String(result['unique_id']),
        status: result['status'] as LastResult['status'],
        failures: result['failures'] as number | null,
        message: result['message'] as string | null,
        at: String(at),
        seconds: Number(result['execution_time']),
      }
    })
  } catch {
    return []
  }
}
