import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

/**
 * What a Delta log adds and does not remove, read plainly: independent of the library's own reader.
 *
 * @param withRemoved - Also what was compacted and waits for a vacuum: readers may have it open.
 */
function deltaFiles(table: string, withRemoved = false): string[] {
  const log = join(table, '_delta_log')
  if (!existsSync(log)) return []
  const files = new Set<string>()
  for (const entry of readdirSync(log).sort()) {
    if (!/^\d{20}\.json$/.test(entry)) continue
    for (const line of readFileSync(join(log, entry), 'utf8').split('\n')) {
      if (line === '') continue
      const action = JSON.parse(line) as { add?: { path: string }; remove?: { path: string } }
      if (action.remove && !withRemoved) files.delete(decodeURIComponent(action.remove.path))
      if (action.add) {
        const path = decodeURIComponent(action.add.path)
        if (files.has(path) && !withRemoved) throw new Error(`${path} is added twice`)
        files.add(path)
      }
    }
  }
  return [...files].map((path) => join(table, path))
}

/** Rows of a SQL query in which `{silver}` and `{quarantine}` stand for the tables of a lake. */
export async function query<Row>(lake: string, sql: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const text = sql
      .replaceAll('{silver}', () => readParquet(join(lake, 'silver/posts')))
      .replaceAll('{quarantine}', () => readParquet(join(lake, 'quarantine')))
    return await rows<Row>(connection, text)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * Silver as it is now, for many queries in which `{silver}` stands for it: where it is partitioned into
 * thousands of days, each query over its files opens all of them.
 */
export async function loadSilver(
  lake: string,
): Promise<{ query<Row>(sql: string): Promise<Row[]>; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const files = readParquet(join(lake, 'silver/posts'))
  await connection.run(`CREATE TABLE silver AS SELECT * FROM ${files}`)
  return {
    query: (sql) => rows(connection, sql.replaceAll('{silver}', 'silver')),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Rows of a SQL query over the Gold file. */
export async function queryGold<Row>(lake: string, sql: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create(join(lake, 'gold/gold.duckdb'), {
    access_mode: 'READ_ONLY',
  })
  const connection = await instance.connect()
  try {
    return await rows<Row>(connection, sql)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function rows<Row>(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRowObjectsJson() as Row[]
}

function readParquet(table: string): string {
  const files = deltaFiles(table)
  if (files.length === 0) throw new Error(`${table} holds no file`)
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
  return `read_parquet([${list}], hive_partitioning = true, hive_types = {'platform': VARCHAR, 'date': DATE})`
}

/** Every file below a folder, relative, sorted. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** The lines of all Bronze files of a platform, sorted; each CSV file repeats its header, which is left out. */
export function rawLines(lake: string, platform: string): string[] {
  const folder = join(lake, 'bronze', platform)
  return filesBelow(folder)
    .flatMap((file) => {
      const bytes = readFileSync(join(folder, file))
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
      const lines = text.split('\n').filter((line) => line !== '')
      return /\.csv(\.gz)?$/.test(file) ? lines.slice(1) : lines
    })
    .sort()
}

/** What must be the same whatever happened on the way: tables without file names and times of arrival. */
export async function canonical(lake: string): Promise<Record<string, unknown>> {
  const silver = await query(
    lake,
    `SELECT * EXCLUDE (ingested_at, source_position) FROM {silver} ORDER BY platform, post_id`,
  )
  const quarantine = await query(
    lake,
    `SELECT platform, fate, reason, detail, node, md5(raw) AS raw, source, position
     FROM {quarantine} ORDER BY ALL`,
  )
  const bronze = Object.fromEntries(
    ['twitter', 'reddit', 'youtube'].map((platform) => [platform, rawLines(lake, platform)]),
  )
  return { silver, quarantine, bronze }
}

/** Every table of the Gold file, row by row. */
export async function canonicalGold(lake: string): Promise<Record<string, unknown>> {
  const names = await queryGold<{ name: string }>(
    lake,
    `SELECT table_name AS name FROM information_schema.tables ORDER BY name`,
  )
  const tables: Record<string, unknown> = {}
  for (const { name } of names) {
    tables[`gold.${name}`] = await queryGold(lake, `SELECT * FROM "${name}" ORDER BY ALL`)
  }
  return tables
}

/** Files that no log ever named: what a crash left and nobody cleaned. */
export function strayFiles(lake: string): string[] {
  const named = new Set(
    ['silver/posts', 'quarantine', ...goldTables(lake)].flatMap((table) =>
      deltaFiles(join(lake, table), true),
    ),
  )
  const data = ['silver', 'quarantine', 'gold'].flatMap((layer) =>
    filesBelow(join(lake, layer))
      .filter((file) => file.endsWith('.parquet') && !file.includes('_delta_log'))
      .map((file) => join(lake, layer, file)),
  )
  const stray = data.filter((file) => !named.has(file))
  return [...stray, ...filesBelow(join(lake, '_staging')).map((file) => join('_staging', file))]
}

function goldTables(lake: string): string[] {
  const gold = join(lake, 'gold')
  if (!existsSync(gold)) return []
  return readdirSync(gold, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== '_versions')
    .map((entry) => join('gold', entry.name))
}
