import { openLake, type ObjectStore } from '../../../src/index.ts'
import { readFailingRows } from '../../../src/models/artifacts/failingRows.ts'
import { lastTestResults } from '../../../src/models/artifacts/testResults.ts'
import { readDelta } from '../../../src/parquet.ts'
import { readResults } from '../../../src/quality.ts'
import { checkpointStore } from '../../../src/runtime/checkpointStore.ts'
import { addToLedger, type Ledger } from '../../../src/runtime/ledger.ts'
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
  const ledger = await ledgerOf(store)
  const facts: Record<string, TableFacts> = {}
  for (const table of catalog.tables) {
    const own = checks.filter((check) => (NAMES[check.table] ?? check.table) === table.id)
    const sizes = table.path === null ? undefined : await sizeOf(store, table, table.path, ledger)
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

/** What each node did in all epochs so far, by what the newest checkpoints say. */
async function ledgerOf(store: ObjectStore): Promise<Ledger> {
  const tasks = new Map<string, ReturnType<typeof checkpointStore>>()
  for await (const { key } of store.list('_checkpoints/')) {
    const [, topology, lineage, task] = CHECKPOINT.exec(key) ?? []
    if (topology === undefined || lineage === undefined || task === undefined) continue
    const name = `${topology}/${lineage}/${task}`
    if (!tasks.has(name)) tasks.set(name, checkpointStore(store, topology, lineage, task))
  }
  const ledger: Ledger = {}
  for (const checkpoints of tasks.values()) {
    addToLedger(ledger, ((await checkpoints.newest())?.ledger ?? {}) as unknown as Ledger)
  }
  return ledger
}

/** How often each reason was given. They are shown where they account for every row of the quarantine. */
function reasonsOf(ledger: Ledger, rows: number): TableFacts['reasons'] {
  const found: Record<string, number> = {}
  for (const { reasons } of Object.values(ledger)) {
    for (const [reason, n] of Object.entries(reasons)) found[reason] = (found[reason] ?? 0) + n
  }
  const sorted = Object.entries(found).sort(([, a], [, b]) => b - a)
  return sorted.reduce((sum, [, n]) => sum + n, 0) === rows ? sorted : undefined
}

async function sizeOf(
  store: ObjectStore,
  { id, layer }: CatalogTable,
  path: string,
  ledger: Ledger,
) {
  if (layer === 'bronze') {
    let [files, bytes] = [0, 0]
    for await (const object of store.list(`${path}/`)) {
      files += 1
      bytes += object.bytes
    }
    return files === 0 ? undefined : { rows: ledger[id]?.in ?? null, bytes, files, version: null }
  }
  const table = await readDelta(store, path)
  if (table === undefined) return undefined
  const rows = table.files.reduce((sum, { records }) => sum + (records ?? 0), 0)
  const bytes = table.files.reduce((sum, file) => sum + file.bytes, 0)
  const sizes = { rows, bytes, files: table.files.length, version: table.version }
  const reasons = layer === 'quarantine' ? reasonsOf(ledger, rows) : undefined
  return reasons === undefined ? sizes : { ...sizes, reasons }
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
