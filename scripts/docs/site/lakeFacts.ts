import { openLake, type ObjectStore } from '../../../src/index.ts'
import { readFailingRows } from '../../../src/models/artifacts/failingRows.ts'
import { lastTestResults } from '../../../src/models/artifacts/testResults.ts'
import { readDelta } from '../../../src/parquet.ts'
import { readResults } from '../../../src/quality.ts'
import { checkpointStore } from '../../../src/runtime/checkpointStore.ts'
import type { Ledger } from '../../../src/runtime/ledger.ts'
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
  const records = await recordsOfNodes(store)
  const facts: Record<string, TableFacts> = {}
  for (const table of catalog.tables) {
    const own = checks.filter((check) => (NAMES[check.table] ?? check.table) === table.id)
    const sizes = table.path === null ? undefined : await sizeOf(store, table, table.path, records)
    // What was judged and never published is there as well: that is why.
    if (sizes !== undefined || own.length > 0) {
      facts[table.id] = { ...(sizes ?? NOT_THERE), checks: own }
    }
  }
  const last = await lastTestResults(store, 'gold')
  const tests = Object.fromEntries(last.map((result) => [result.uniqueId, result]))
  const failing = await readFailingRows(store, 'gold', SHOWN_ROWS)
  return { ...catalog, lake: { url, gold: await newestGold(store), facts, tests, failing } }
}

const SHOWN_ROWS = 3
const NOT_THERE = { rows: null, bytes: 0, files: 0, version: null }
const CHECKPOINT = /^_checkpoints\/([^/]+)\/([^/]+)\/([^/]+)\/\d{12}$/

/** How many records each node was given in all epochs so far, by what the newest checkpoints say. */
async function recordsOfNodes(store: ObjectStore): Promise<ReadonlyMap<string, number>> {
  const tasks = new Map<string, ReturnType<typeof checkpointStore>>()
  for await (const { key } of store.list('_checkpoints/')) {
    const [, topology, lineage, task] = CHECKPOINT.exec(key) ?? []
    if (topology === undefined || lineage === undefined || task === undefined) continue
    const name = `${topology}/${lineage}/${task}`
    if (!tasks.has(name)) tasks.set(name, checkpointStore(store, topology, lineage, task))
  }
  const records = new Map<string, number>()
  for (const checkpoints of tasks.values()) {
    const ledger = ((await checkpoints.newest())?.ledger ?? {}) as unknown as Ledger
    for (const [node, counts] of Object.entries(ledger)) {
      records.set(node, (records.get(node) ?? 0) + counts.in)
    }
  }
  return records
}

async function sizeOf(
  store: ObjectStore,
  { id, layer }: CatalogTable,
  path: string,
  records: ReadonlyMap<string, number>,
) {
  if (layer === 'bronze') {
    let [files, bytes] = [0, 0]
    for await (const object of store.list(`${path}/`)) {
      files += 1
      bytes += object.bytes
    }
    return files === 0 ? undefined : { rows: records.get(id) ?? null, bytes, files, version: null }
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
