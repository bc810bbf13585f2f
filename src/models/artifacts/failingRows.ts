import { createHash } from 'node:crypto'
import type { Json } from '../../core/json.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import type { NodeResult } from './runResults.ts'

/** A row that failed a test, by the test's unique id. */
interface FailingRow {
  readonly test: string
  readonly row: Json
}

const folder = (path: string): string => `_quality/_failures/${path}/`
/** Names of tests may be longer than those of files. */
const keyOf = (path: string, test: string): string =>
  `${folder(path)}${createHash('md5').update(test).digest('hex')}.ndjson`

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
    const rows = lines.map((line) => JSON.parse(line) as FailingRow)
    found[rows[0]!.test] = rows.map(({ row }) => row)
  }
  return found
}

/**
 * Keeps the rows that failed a test of the newest build in `_quality/_failures/<path>/`, a file a test, one
 * `{test, row}` a line: a few, or up to 1000 where it has `store_failures`. Those of a test that passes now, or is
 * not `known` any more, are removed.
 */
export async function keepFailingRows(
  store: ObjectStore,
  path: string,
  results: readonly NodeResult[],
  known: readonly string[],
): Promise<void> {
  const there = new Set<string>()
  for await (const { key } of store.list(folder(path))) there.add(key)
  const rows = new Map<string, FailingRow[]>()
  for (const { uniqueId, sample } of results) {
    const own = sample.map((row) => ({ test: uniqueId, row }))
    rows.set(uniqueId, [...(rows.get(uniqueId) ?? []), ...own])
  }
  const kept = new Set(known.filter((test) => !rows.has(test)).map((test) => keyOf(path, test)))
  for (const key of there) if (!kept.has(key)) await store.remove(key)
  for (const [test, failing] of rows) {
    if (failing.length === 0) continue
    const lines = failing.map((one) => `${JSON.stringify(one)}\n`).join('')
    await store.create(keyOf(path, test), new TextEncoder().encode(lines))
  }
}
