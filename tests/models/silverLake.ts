import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { deltaSchema } from '../../src/lake/delta/deltaSchema.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { DUCKDB_TYPES } from '../../src/models/build/sourceTable.ts'
import type { SilverPost } from './silverPosts.ts'
import { silverColumns } from './silverTable.ts'

const clock = { now: () => 1_700_000_000_000 }
const path = 'silver/posts'

/** Adds rows to Silver of a lake that is a folder, a file a partition, in one entry of its log. */
export async function addPosts(lake: string, rows: readonly SilverPost[]): Promise<void> {
  const folder = join(lake, path)
  await mkdir(folder, { recursive: true })
  const json = join(lake, `${crypto.randomUUID()}.ndjson`)
  await writeFile(json, rows.map((row) => JSON.stringify(row)).join('\n'))
  const batch = crypto.randomUUID()
  const types = silverColumns.map(({ name, type }) => `'${name}': '${DUCKDB_TYPES[type]}'`)
  const posts = `read_json('${json}', format = 'newline_delimited', columns = {${types.join(', ')}})`
  const files = await query(':memory:', async (all) => {
    await all(
      `copy (from ${posts}) to '${folder}' (format parquet, partition_by (platform, date), filename_pattern '${batch}-{i}', overwrite_or_ignore)`,
    )
    return all(`select file from glob('${folder}/**/${batch}-*.parquet') order by file`)
  })
  const added = files.map(({ file }) => {
    const relative = String(file).slice(folder.length + 1)
    const [, platform = '', date = ''] = /^platform=([^/]+)\/date=([^/]+)\//.exec(relative) ?? []
    const partitionValues = { platform, date }
    return {
      add: { path: relative, partitionValues, size: 1, modificationTime: 0, dataChange: true },
    }
  })
  const log = deltaLog({ store: await openLake(lake), path, clock })
  await log.commit(({ version }) => [...(version < 0 ? created : []), ...added])
}

const created = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'posts',
      format: { provider: 'parquet' },
      schemaString: deltaSchema(silverColumns),
      partitionColumns: ['platform', 'date'],
    },
  },
]

/** Runs queries on one database and closes it again. */
export async function query<Result>(
  file: string,
  work: (all: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<Result>,
): Promise<Result> {
  const options = file === ':memory:' ? {} : { access_mode: 'READ_ONLY' }
  const instance = await DuckDBInstance.create(file, { threads: '1', ...options })
  const connection = await instance.connect()
  try {
    await connection.run("set TimeZone = 'UTC'")
    return await work(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson())
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
