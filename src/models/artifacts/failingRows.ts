import type { ObjectStore } from '../../lake/objectStore.ts'
import type { NodeResult } from './runResults.ts'

const folder = (path: string): string => `_quality/_failures/${path}/`
const lineOf = (row: unknown): string => `${JSON.stringify(row)}\n`

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
