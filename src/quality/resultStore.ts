import type { ObjectStore } from '../lake/objectStore.ts'
import type { SuiteResult } from './suiteResult.ts'

/** Results of a suite that are kept; older ones are removed. */
const KEPT = 100

const folder = (suite: string): string => `_quality/${suite}/`

/**
 * Keeps a result as `_quality/<suite>/<time>-<random>.json` and removes what is older than the newest 100, but for the newest in
 * which nothing blocked: that is what others are compared with, however often a build is blocked.
 */
export async function keepResult(store: ObjectStore, result: SuiteResult): Promise<string> {
  const time = result.startedAt.replaceAll(/[-:.]/g, '')
  const key = `${folder(result.suite)}${time}-${crypto.randomUUID().slice(0, 8)}.json`
  await store.create(key, new TextEncoder().encode(`${JSON.stringify(result)}\n`))
  const keys = await keysOf(store, result.suite)
  const old = keys.slice(0, -KEPT)
  const measure = old.length === 0 ? undefined : await newestPassed(store, keys)
  for (const one of old) if (one !== measure?.key) await store.remove(one)
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
  const keys = (await keysOf(store, suite)).slice(-limit)
  for await (const { result } of newestFirst(store, keys)) results.push(result)
  return results
}

/** Says of a result that the build was refused for another reason. */
export async function markRefused(
  store: ObjectStore,
  key: string,
  result: SuiteResult,
): Promise<void> {
  const marked: SuiteResult = { ...result, refused: true }
  await store.replace(key, new TextEncoder().encode(`${JSON.stringify(marked)}\n`))
}

/** Rows of each table in the newest result in which nothing blocked. */
export async function rowsBefore(
  store: ObjectStore,
  suite: string,
): Promise<Readonly<Record<string, number>>> {
  const passed = await newestPassed(store, await keysOf(store, suite))
  const known = (passed?.result.tables ?? []).filter(({ rows }) => rows !== null)
  return Object.fromEntries(known.map(({ table, rows }) => [table, rows!]))
}

const isMeasure = ({ blocked, refused }: SuiteResult): boolean => !blocked && refused !== true

/** The newest of these results in which nothing blocked. */
async function newestPassed(store: ObjectStore, keys: readonly string[]) {
  for await (const one of newestFirst(store, keys)) if (isMeasure(one.result)) return one
  return undefined
}

async function* newestFirst(store: ObjectStore, keys: readonly string[]) {
  for (const key of keys.toReversed()) {
    const bytes = await store.read(key)
    // Another process may have removed it since.
    const result = bytes === undefined ? undefined : parse(bytes)
    if (result !== undefined) yield { key, result }
  }
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
