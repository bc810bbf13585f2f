import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Build, BuildReport } from '../../src/core/models.ts'
import type { TableHandle } from '../../src/core/topology.ts'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../src/lake/delta/deltaSchema.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { sqlModels } from '../../src/models/sqlModels.ts'
import type { SqlModelsOptions } from '../../src/models/sqlModels.ts'
import { projectFolder } from './projectFolder.ts'
import { query } from './silverLake.ts'

let time = 1_700_000_000_000
/** Builds come one after the other. */
const clock = { now: () => (time += 1), sleep: async () => {} }
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const columns = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'customer', type: 'string', nullable: false },
  { name: 'amount', type: 'int64', nullable: true },
  { name: 'date', type: 'date', nullable: false },
] as const

const FILES = {
  'models/totals.sql':
    "select customer, sum(amount)::bigint as amount from {{ source('silver', 'orders') }} group by all",
  'models/schema.yml': 'sources: [{ name: silver, tables: [{ name: orders }] }]\n',
}

export interface GoldShop {
  readonly lake: string
  readonly root: string
  /** Adds one file of orders to Silver, by hand. */
  order(id: number, customer: string, amount: number, date?: string): Promise<void>
  /** Builds what Silver has now and publishes it. */
  build(): Promise<BuildReport>
  /** Builds, and leaves it to the caller to publish. */
  prepare(): Promise<() => Promise<void>>
  /** Rows of gold.duckdb, as text. */
  gold(sql: string): Promise<string>
  /** What a Delta table holds, ordered, as text. */
  delta(model: string): Promise<{ version: number; rows: string }>
}

/** A lake with orders, partitioned by day, and a dbt project over them. */
export async function goldShop(
  files: Readonly<Record<string, string>> = FILES,
  own: Partial<SqlModelsOptions> = {},
): Promise<GoldShop> {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-shop-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  const root = projectFolder(files)
  const reads = { orders: handle }
  const store = await openLake(lake)
  let epoch = 0
  const prepare = async () => {
    const unit = sqlModels({ lake, project: root, reads, ...own })
    const context = { node: 'gold', topology: 'shop', lineage: 'L1', clock, logger: silent }
    const builder = await unit.open({ ...context, threads: 1, memoryBytes: 2 ** 28 })
    onTestFinished(() => builder.close())
    epoch += 1
    const name = { epoch, attempt: '1-a', task: 'gold' }
    const inputs = await builder.inputs()
    const build = await builder.prepare({ ...name, inputs, state: null })
    const prepared = JSON.parse(JSON.stringify(build.files)) as Build['files']
    const publish = async () => {
      const commit = { lineage: 'L1', topology: 'shop', node: 'gold', positions: inputs }
      const done = await builder.publish({ ...commit, ...name, files: prepared })
      if (done.missing !== undefined) throw new Error(`${done.missing} is gone`)
    }
    return { report: build.report, publish }
  }
  const text = (rows: Record<string, unknown>[]): string =>
    rows.map((row) => Object.values(row).join(',')).join(' ')
  return {
    ...{ lake, root },
    order: (id, customer, amount, date = '2024-06-10') =>
      addOrder(lake, { id, customer, amount, date }),
    build: async () => {
      const { report, publish } = await prepare()
      await publish()
      return report
    },
    prepare: async () => (await prepare()).publish,
    gold: (sql) => query(join(lake, 'gold/gold.duckdb'), async (all) => text(await all(sql))),
    delta: async (model) => {
      const { version, files: held } = await deltaLog({
        store,
        path: `gold/${model}`,
        clock,
      }).snapshot()
      const list = [...held.keys()].map((file) => `'${join(lake, 'gold', model, file)}'`).join(', ')
      const rows = await query(':memory:', (all) =>
        all(`from read_parquet([${list}]) order by all`),
      )
      return { version, rows: text(rows) }
    },
  }
}

const handle: TableHandle = {
  kind: 'table-handle',
  name: 'silver.orders',
  options: { path: 'silver/orders' },
}

interface Order {
  readonly id: number
  readonly customer: string
  readonly amount: number
  readonly date: string
}

async function addOrder(lake: string, { id, customer, amount, date }: Order): Promise<void> {
  const store = await openLake(lake)
  const path = `date=${date}/part-${id}.parquet`
  const local = join(tmpdir(), `${crypto.randomUUID()}.parquet`)
  await query(':memory:', (all) =>
    all(
      `copy (select ${id}::bigint as id, '${customer}' as customer, ${amount}::bigint as amount) to '${local}' (format parquet)`,
    ),
  )
  await store.create(`silver/orders/${path}`, await readFile(local))
  await rm(local)
  await deltaLog({ store, path: 'silver/orders', clock }).commit(({ version }) => [
    ...(version < 0 ? created : []),
    { add: { path, partitionValues: { date }, size: 1, modificationTime: 0, dataChange: true } },
  ])
}

const created = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'orders',
      format: { provider: 'parquet' },
      schemaString: deltaSchema(columns),
      partitionColumns: ['date'],
    },
  },
]
