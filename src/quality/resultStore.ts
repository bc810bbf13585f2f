import type { ObjectStore } from '../lake/objectStore.ts'
import type { SuiteResult } from './suiteResult.ts'

/** Results of a suite that are kept; older ones are removed. */
const KEPT = 100
/** How far back a result that passed is looked for. */
const LOOK_BACK = 20

const folder = (suite: string): string => `_quality/${suite}/`

/** Keeps a result as `_quality/<suite>/<time>-<random>.json` and removes what is older than the newest 100. */
export async function keepResult(store: ObjectStore, result: SuiteResult): Promise<string> {
  const time = result.startedAt.replaceAll(/[-:.]/g, '')
  const key = `${folder(result.suite)}${time}-${crypto.randomUUID().slice(0, 8)}.json`
  await store.create(key, new TextEncoder().encode(`${JSON.stringify(result)}\n`))
  const keys = await keysOf(store, result.suite)
  for (const old of keys.slice(0, -KEPT)) await store.remove(old)
  return key
}

/**
 * The results of a suite that are kept, newest first.
 *
 * @param limit how many at most
 */
export async function readResults(
  store: ObjectStore,
  suite: string,
  limit: number = KEPT,
): Promise<readonly SuiteResult[]> {
  const results: SuiteResult[] = []
  const keys = await keysOf(store, suite)
  for (const key of keys.toReversed().slice(0, limit)) {
    const bytes = await store.read(key)
    // Another process may have removed it since.
    const result = bytes === undefined ? undefined : parse(bytes)
    if (result !== undefined) results.push(result)
  }
  return results
}

/** Rows of each table in the newest result in which nothing blocked. */
export async function rowsBefore(
  store: ObjectStore,
  suite: string,
): Promise<Readonly<Record<string, number>>> {
  const results = await readResults(store, suite, LOOK_BACK)
  const passed = results.find(({ blocked }) => !blocked)
  const known = (passed?.tables ?? []).filter(({ rows }) => rows !== null)
  return Object.fromEntries(known.map(({ table, rows }) => [table, rows!]))
}

async function keysOf(store: ObjectStore, suite: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(folder(suite))) keys.push(key)
  return keys.sort()
}

/** A result that can't be read is no result: history is never a reason to stop. */
function parse(bytes: Uint8Array): SuiteResult | undefined {
  try {
    const result = JSON.parse(new TextDecoder().decode(bytes)) as SuiteResult
    return result.formatVersion === 1 ? result : undefined
  } catch {
    return undefined
  }
}
