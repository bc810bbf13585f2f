import type { Json } from '../../core/json.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import type { NodeResult } from './runResults.ts'

const folder = (path: string): string => `_quality/_failures/${path}/`
const lineOf = (row: unknown): string => `${JSON.stringify(row)}\n`

/** The rows of `keepFailingRows`, by the unique id of their test. */
export async function readFailingRows(
  store: ObjectStore,
  path: string,
  most: number,
): Promise<Readonly<Record<string, readonly Json[]>>> {
  const found: Record<string, readonly Json[]> = {}
  for await (const { key } of store.list(folder(path))) {
    const bytes = await store.read(key)
    // Another process may have removed it since.
    if (bytes === undefined) continue
    const lines = new TextDecoder().decode(bytes).trimEnd().split('\n').slice(0, most)
    const name = decodeURIComponent(key.slice(folder(path).length, -'.ndjson'.length))
    found[name] = lines.map((line) => JSON.parse(line) as Json)
  }
  return found
}

/**
 * Keeps the rows that failed a test of the newest build as `_quality/_failures/<path>/<unique id>.ndjson`, one a
 * line: a few, or up to 1000 where it has `store_failures`. Those of a test that passes now are removed.
 */
export async function keepFailingRows(
  store: ObjectStore,
  path: string,
  results: readonly NodeResult[],
): Promise<void> {
  const there = new Set<string>()
  for await (const { key } of store.list(folder(path))) there.add(key)
  for (const { uniqueId, sample } of results) {
    const key = `${folder(path)}${encodeURIComponent(uniqueId)}.ndjson`
    if (there.has(key)) await store.remove(key)
    if (sample.length === 0) continue
    await store.create(key, new TextEncoder().encode(sample.map(lineOf).join('')))
  }
}
