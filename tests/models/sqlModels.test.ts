import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, GateError } from '../../src/core/errors.ts'
import type { Build, ModelsBuilder, ModelsContext } from '../../src/core/models.ts'
import type { TableHandle } from '../../src/core/topology.ts'
import type { SinkCommit } from '../../src/core/unit.ts'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../src/lake/delta/deltaSchema.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { sqlModels } from '../../src/models/sqlModels.ts'
import { projectFolder } from './projectFolder.ts'

const clock = { now: () => 1_700_000_000_000, sleep: async () => {} }
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const context: ModelsContext = {
  node: 'gold',
  topology: 'shop',
  lineage: 'L1',
  clock,
  logger: silent,
  threads: 1,
  memoryBytes: 256 * 1024 * 1024,
}
const orders: TableHandle = {
  kind: 'table-handle',
  name: 'silver.orders',
  options: { path: 'silver/orders' },
}
const project = {
  'models/totals.sql':
    "select customer, sum(amount)::bigint as amount from {{ source('silver', 'orders') }} group by all",
  'models/orders_seen.sql': "select id from {{ source('silver', 'orders') }}",
  'models/schema.yml': `sources:
  - name: silver
    tables:
      - name: orders
        columns:
          - { name: id, data_type: bigint }
          - { name: customer, data_type: varchar }
          - { name: amount, data_type: bigint }
models:
  - name: orders_seen
    columns: [{ name: id, data_tests: [unique] }]
`,
}

const SOURCE_ALONE = `sources:
  - name: silver
    tables: [{ name: orders }]
`

interface Shop {
  readonly lake: string
  readonly root: string
  /** Adds one file of orders to Silver, by hand. */
  order(id: number, customer: string, amount: number): Promise<void>
  open(own?: Partial<ModelsContext>): Promise<ModelsBuilder>
  /** Rows of a model in gold.duckdb, as text. */
  gold(sql: string): Promise<string>
  manifest(version: number): Promise<{ tables: Record<string, { version: number }> }>
  files(folder: string): Promise<string[]>
}

async function shop(files: Readonly<Record<string, string>> = project): Promise<Shop> {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-models-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  const root = projectFolder(files)
  const unit = sqlModels({ lake, project: root, reads: { orders } })
  return {
    lake,
    root,
    order: async (id, customer, amount) => addOrder(lake, id, customer, amount),
    open: async (own = {}) => {
      const builder = await unit.open({ ...context, ...own })
      onTestFinished(() => builder.close())
      return builder
    },
    gold: (sql) => rowsIn(join(lake, 'gold/gold.duckdb'), sql),
    manifest: async (version) =>
      JSON.parse(await readFile(join(lake, `gold/_versions/${version}.json`), 'utf8')) as never,
    files: async (folder) => (await readdir(join(lake, folder))).sort(),
  }
}

const columns = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'customer', type: 'string', nullable: false },
  { name: 'amount', type: 'int64', nullable: true },
] as const

async function addOrder(lake: string, id: number, customer: string, amount: number) {
  const store = await openLake(lake)
  const path = `customer=${customer}/part-${id}.parquet`
  const writer = store.openWriter(`silver/orders/${path}`)
  await writer.write(await parquet(`select ${id}::bigint as id, ${amount}::bigint as amount`))
  const { bytes: size } = await writer.close()
  await deltaLog({ store, path: 'silver/orders', clock }).commit(({ version }) => [
    ...(version < 0 ? created : []),
    { add: { path, partitionValues: { customer }, size, modificationTime: 0, dataChange: true } },
  ])
}

const created = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'orders',
      format: { provider: 'parquet' },
      schemaString: deltaSchema(columns),
      partitionColumns: ['customer'],
    },
  },
]

async function parquet(sql: string): Promise<Uint8Array> {
  const file = join(tmpdir(), `${crypto.randomUUID()}.parquet`)
  await rowsIn(':memory:', `copy (${sql}) to '${file}'`)
  const bytes = await readFile(file)
  await rm(file)
  return bytes
}

async function rowsIn(file: string, sql: string): Promise<string> {
  const instance = await DuckDBInstance.create(
    file,
    file === ':memory:' ? {} : { access_mode: 'READ_ONLY' },
  )
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRows().map(String).join(' ')
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const request = (epoch: number, attempt = '1-a') => ({ epoch, attempt, task: 'gold' })
const commitOf = (build: Build, epoch: number, attempt = '1-a'): SinkCommit => ({
  lineage: 'L1',
  topology: 'shop',
  task: 'gold',
  node: 'gold',
  epoch,
  attempt,
  files: JSON.parse(JSON.stringify(build.files)) as SinkCommit['files'],
  positions: null,
})

/** One build of what is there now, committed and published. */
async function run(builder: ModelsBuilder, epoch: number, state: Build['state'] = null) {
  const build = await builder.prepare({
    ...request(epoch),
    inputs: await builder.inputs(),
    state,
  })
  expect(await builder.publish(commitOf(build, epoch))).toEqual({})
  return build
}

const TOTALS = 'select customer, amount from totals order by customer'

describe('sqlModels', () => {
  it('says what it is without reading anything', () => {
    const unit = sqlModels({ lake: './lake', project: '/nowhere/models', reads: { orders } })
    expect(unit).toMatchObject({ kind: 'models', type: 'sqlModels', reads: { orders } })
    expect(unit.options).toEqual({
      lake: './lake',
      path: 'gold',
      schema: 'main',
      project: 'models',
      reads: { orders: 'silver/orders' },
    })
    expect(Object.isFrozen(unit)).toBe(true)
  })

  it('refuses reads without a path, sources that are not read and projects that publish nothing', async () => {
    const nowhere = { ...orders, options: {} }
    expect(() => sqlModels({ lake: '.', project: '.', reads: { orders: nowhere } })).toThrow(
      ConfigError,
    )
    for (const memoryBytes of [0, 1e6, Infinity, Number.NaN]) {
      expect(() => sqlModels({ lake: '.', project: '.', reads: {}, memoryBytes })).toThrow(
        'memoryBytes must be',
      )
    }
    const unread = sqlModels({ lake: '.', project: projectFolder(project), reads: {} })
    await expect(unread.open(context)).rejects.toThrow("add 'orders' to its reads")
    const empty = projectFolder({ 'dbt_project.yml': 'name: x', 'models/a.sql': 'select 1' })
    const unit = sqlModels({ lake: '.', project: empty, reads: {} })
    await expect(unit.open(context)).rejects.toThrow('no model is public')
  })

  it('publishes each model as a Delta table and all of them as one database', async () => {
    const { order, open, gold, manifest, lake } = await shop()
    await order(1, 'ann', 5)
    await order(2, 'bob', 7)
    const build = await run(await open(), 1)
    expect(build.report).toMatchObject({ version: 1, rows: { totals: 2, orders_seen: 2 } })
    expect(await gold(TOTALS)).toBe('ann,5 bob,7')
    expect(await manifest(1)).toMatchObject({
      version: 1,
      topology: 'shop',
      lineage: 'L1',
      epoch: 1,
      attempt: '1-a',
      database: 'gold/_versions/1-gold-1-1-a.duckdb',
      inputs: { versions: { orders: 1 } },
      tables: {
        totals: { path: 'gold/totals', version: 0, rows: 2 },
        orders_seen: { path: 'gold/orders_seen', version: 0, rows: 2 },
      },
    })
    const log = deltaLog({ store: await openLake(lake), path: 'gold/totals', clock })
    const { files } = await log.snapshot()
    const [file] = files.keys()
    expect(await rowsIn(':memory:', `from '${lake}/gold/totals/${file}' order by 1`)).toBe(
      'ann,5 bob,7',
    )
  })

  it('has equal inputs until a table or a model changes', async () => {
    const { order, open, root } = await shop()
    const before = await (await open()).inputs()
    await order(1, 'ann', 5)
    const builder = await open()
    const after = await builder.inputs()
    expect(before).toMatchObject({ versions: { orders: null } })
    expect(after).toMatchObject({ versions: { orders: 0 } })
    expect(await builder.inputs()).toEqual(after)
    await writeFile(join(root, 'models/orders_seen.sql'), 'select 1 as id')
    expect(await (await open()).inputs()).not.toEqual(after)
  })

  it('builds empty tables where nothing was written yet', async () => {
    const { open, gold } = await shop()
    await run(await open(), 1)
    expect(await gold('select count(*) from totals')).toBe('0')
  })

  it('knows the columns of a table that does not exist yet from its sink', async () => {
    const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-models-'))
    onTestFinished(() => rm(lake, { recursive: true, force: true }))
    const sunk: TableHandle = { ...orders, options: { path: 'silver/orders', columns } }
    const root = projectFolder({ ...project, 'models/schema.yml': SOURCE_ALONE })
    const builder = await sqlModels({ lake, project: root, reads: { orders: sunk } }).open(context)
    onTestFinished(() => builder.close())
    const inputs = await builder.inputs()
    const build = { inputs, epoch: 1, attempt: 'a', task: 'gold', state: null }
    expect((await builder.prepare(build)).report.rows).toEqual({ orders_seen: 0, totals: 0 })
  })

  it('reads the pinned version, whatever is added meanwhile', async () => {
    const { order, open, gold } = await shop()
    await order(1, 'ann', 5)
    const builder = await open()
    const inputs = await builder.inputs()
    await order(2, 'bob', 7)
    const build = await builder.prepare({ ...request(1), inputs, state: null })
    await builder.publish(commitOf(build, 1))
    expect(await gold(TOTALS)).toBe('ann,5')
  })

  it('shows readers nothing before it is published, and replaces everything then', async () => {
    const { order, open, gold, lake } = await shop()
    const builder = await open()
    await order(1, 'ann', 5)
    const { state } = await run(builder, 1)
    await order(2, 'bob', 7)
    const build = await builder.prepare({ ...request(2), inputs: await builder.inputs(), state })
    const store = await openLake(lake)
    const log = deltaLog({ store, path: 'gold/totals', clock })
    expect((await log.snapshot()).version).toBe(0)
    expect(await gold(TOTALS)).toBe('ann,5')
    await builder.publish(commitOf(build, 2))
    const { version, files, tombstones } = await log.snapshot()
    expect([version, files.size, tombstones.size]).toEqual([1, 1, 1])
    expect(await gold(TOTALS)).toBe('ann,5 bob,7')
  })

  it('changes nothing where a test fails', async () => {
    const { order, open, gold, files } = await shop()
    const builder = await open()
    await order(1, 'ann', 5)
    const { state } = await run(builder, 1)
    const before = await Promise.all(['gold', 'gold/totals', 'gold/_versions'].map(files))
    await order(1, 'bob', 7)
    const build = builder.prepare({ ...request(2), inputs: await builder.inputs(), state })
    await expect(build).rejects.toThrow(GateError)
    await expect(build).rejects.toThrow('unique_orders_seen_id: 1 failing rows')
    expect(await Promise.all(['gold', 'gold/totals', 'gold/_versions'].map(files))).toEqual(before)
    expect(await gold(TOTALS)).toBe('ann,5')
  })

  it('publishes once, however often and by whomever it is asked', async () => {
    const { order, open, manifest, lake } = await shop()
    await order(1, 'ann', 5)
    const builder = await open()
    const build = await run(builder, 1)
    const first = await manifest(1)
    await builder.publish(commitOf(build, 1))
    await (await open()).publish(commitOf(build, 1))
    // As if the process had died before its last step.
    await rm(join(lake, 'gold/_versions/1.json'))
    await rm(join(lake, 'gold/gold.duckdb'))
    await (await open()).publish(commitOf(build, 1))
    expect(await manifest(1)).toEqual(first)
    expect((await stat(join(lake, 'gold/gold.duckdb'))).isFile()).toBe(true)
  })

  it('names a file that is gone', async () => {
    const { open, lake } = await shop()
    const builder = await open()
    const build = await builder.prepare({
      ...request(1),
      inputs: await builder.inputs(),
      state: null,
    })
    await rm(join(lake, 'gold/_versions/1-gold-1-1-a.duckdb'))
    expect(await builder.publish(commitOf(build, 1))).toEqual({
      missing: 'gold/_versions/1-gold-1-1-a.duckdb',
    })
  })

  it("refuses a version that is another build's", async () => {
    const { open } = await shop()
    const builder = await open()
    const build = await run(builder, 1)
    await expect(builder.publish(commitOf(build, 1, '1-b'))).rejects.toMatchObject({
      code: 'SBX_MODELS_VERSION',
    })
  })

  it('puts the newest version in place again', async () => {
    const { order, open, gold, lake } = await shop()
    await order(1, 'ann', 5)
    const builder = await open()
    await run(builder, 1)
    await writeFile(join(lake, 'gold/gold.duckdb'), 'torn')
    await writeFile(join(lake, 'gold/gold.duckdb.wal'), 'left by somebody')
    await builder.promote()
    expect(await gold(TOTALS)).toBe('ann,5')
    const before = await stat(join(lake, 'gold/gold.duckdb'))
    await builder.promote()
    expect((await stat(join(lake, 'gold/gold.duckdb'))).ino).toBe(before.ino)
  })

  it('leaves readers of the file before with what they have', async () => {
    const { order, open, gold, lake } = await shop()
    await order(1, 'ann', 5)
    const builder = await open()
    const { state } = await run(builder, 1)
    const instance = await DuckDBInstance.create(join(lake, 'gold/gold.duckdb'), {
      access_mode: 'READ_ONLY',
    })
    const reader = await instance.connect()
    await order(2, 'bob', 7)
    await run(builder, 2, state)
    expect((await reader.runAndReadAll(TOTALS)).getRows().map(String).join(' ')).toBe('ann,5')
    reader.closeSync()
    instance.closeSync()
    expect(await gold(TOTALS)).toBe('ann,5 bob,7')
  })

  it('keeps the newest three versions', async () => {
    const { order, open, files } = await shop()
    const builder = await open()
    let state: Build['state'] = null
    for (const epoch of [1, 2, 3, 4, 5]) {
      await order(epoch, 'ann', 1)
      state = (await run(builder, epoch, state)).state
    }
    expect(await files('gold/_versions')).toEqual([
      '3-gold-3-1-a.duckdb',
      '3.json',
      '4-gold-4-1-a.duckdb',
      '4.json',
      '5-gold-5-1-a.duckdb',
      '5.json',
    ])
  })

  it('goes on counting where its state was dropped', async () => {
    const { order, open, gold } = await shop()
    await order(1, 'ann', 5)
    await run(await open(), 1)
    await order(2, 'bob', 7)
    expect((await run(await open(), 2, null)).report.version).toBe(2)
    expect(await gold(TOTALS)).toBe('ann,5 bob,7')
  })

  it('discards what lost, and cleans up after the dead', async () => {
    const { order, open, files } = await shop()
    await order(1, 'ann', 5)
    const builder = await open()
    const inputs = await builder.inputs()
    const lost = await builder.prepare({ ...request(1, '1-lost'), inputs, state: null })
    const dead = await builder.prepare({ ...request(1, '1-dead'), inputs, state: null })
    const live = await builder.prepare({ ...request(1, '1-live'), inputs, state: null })
    await builder.discard(lost.files)
    expect(await builder.clean('other', () => true)).toBe(0)
    expect(
      await builder.clean('gold', (epoch, attempt) => epoch === 1 && attempt === '1-dead'),
    ).toBe(dead.files.length)
    expect(await files('gold/totals')).toEqual(['part-gold-1-1-live-0-0.parquet'])
    expect(await files('gold/_versions')).toEqual(['1-gold-1-1-live.duckdb'])
    await builder.publish(commitOf(live, 1, '1-live'))
  })

  it('leaves nothing behind in its work folder', async () => {
    const { open } = await shop()
    const workDirectory = await mkdtemp(join(tmpdir(), 'sluicebox-test-work-'))
    onTestFinished(() => rm(workDirectory, { recursive: true, force: true }))
    const builder = await open({ workDirectory })
    await run(builder, 1)
    const [folder = ''] = await readdir(workDirectory)
    expect(await readdir(join(workDirectory, folder))).toEqual([])
    await builder.close()
    expect(await readdir(workDirectory)).toEqual([])
  })

  it('fetches the files of a lake that is no folder', async () => {
    const lake = `memory:${crypto.randomUUID()}`
    const unit = sqlModels({ lake, project: projectFolder(project), reads: { orders } })
    const builder = await unit.open(context)
    onTestFinished(() => builder.close())
    await addOrder(lake, 1, 'ann', 5)
    const { state } = await run(builder, 1)
    await addOrder(lake, 2, 'bob', 7)
    await run(builder, 2, state)
    const store = await openLake(lake)
    const file = join(tmpdir(), `${crypto.randomUUID()}.duckdb`)
    await writeFile(file, (await store.read('gold/gold.duckdb')) ?? '')
    onTestFinished(() => rm(file))
    expect(await rowsIn(file, TOTALS)).toBe('ann,5 bob,7')
  })

  it('moves with its lake', async () => {
    const { order, open, lake } = await shop()
    await order(1, 'ann', 5)
    await run(await open(), 1)
    const moved = `${lake}-moved`
    await cp(lake, moved, { recursive: true })
    onTestFinished(() => rm(moved, { recursive: true, force: true }))
    await rm(lake, { recursive: true })
    expect(await rowsIn(join(moved, 'gold/gold.duckdb'), TOTALS)).toBe('ann,5')
  })
})
