import { openLake, type ObjectStore } from '../../../src/index.ts'
import { lastTestResults } from '../../../src/models/artifacts/testResults.ts'
import { readDelta } from '../../../src/parquet.ts'
import { readResults } from '../../../src/quality.ts'
import type { Catalog, CatalogTable, TableFacts } from './catalog.ts'

/** Tables of suites by the name that the catalog gives them. */
const NAMES: Readonly<Record<string, string>> = {
  tweets: 'bronze.twitter',
  submissions: 'bronze.reddit',
  videos: 'bronze.youtube',
  posts: 'silver.posts',
}

/** The catalog with what a lake holds: rows, bytes, versions, and how suites and tests went last. */
export async function withLake(
  catalog: Catalog,
  url: string,
  suites: readonly string[],
): Promise<Catalog> {
  const store = await openLake(url)
  const checks = await lastChecks(store, suites)
  const facts: Record<string, TableFacts> = {}
  for (const table of catalog.tables) {
    const own = checks.filter((check) => (NAMES[check.table] ?? check.table) === table.id)
    const sizes = table.path === null ? undefined : await sizeOf(store, table, table.path)
    if (sizes !== undefined) facts[table.id] = { ...sizes, checks: own }
  }
  const last = await lastTestResults(store, 'gold')
  const tests = Object.fromEntries(last.map((result) => [result.uniqueId, result]))
  return { ...catalog, lake: { url, gold: await newestGold(store), facts, tests } }
}

async function sizeOf(store: ObjectStore, { layer }: CatalogTable, path: string) {
  if (layer === 'bronze') {
    let [files, bytes] = [0, 0]
    for await (const object of store.list(`${path}/`)) {
      files += 1
      bytes += object.bytes
    }
    return files === 0 ? undefined : { rows: null, bytes, files, version: null }
  }
  const table = await readDelta(store, path)
  if (table === undefined) return undefined
  const rows = table.files.reduce((sum, { records }) => sum + (records ?? 0), 0)
  const bytes = table.files.reduce((sum, file) => sum + file.bytes, 0)
  return { rows, bytes, files: table.files.length, version: table.version }
}

async function lastChecks(store: ObjectStore, suites: readonly string[]) {
  const found: TableFacts['checks'][number][] = []
  for (const suite of suites) {
    const [newest] = await readResults(store, suite, 1)
    for (const one of newest?.expectations ?? []) {
      found.push({ ...one, suite, at: newest!.startedAt })
    }
  }
  return found
}

async function newestGold(store: ObjectStore) {
  let newest = 0
  for await (const { key } of store.list('gold/_versions/')) {
    newest = Math.max(newest, Number(/\/(\d+)\.json$/.exec(key)?.[1] ?? 0))
  }
  const bytes = newest === 0 ? undefined : await store.read(`gold/_versions/${newest}.json`)
  if (bytes === undefined) return null
  const { publishedAt } = JSON.parse(new TextDecoder().decode(bytes)) as { publishedAt: string }
  return { version: newest, publishedAt }
}
