import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Column } from '../../src/core/columns.ts'
import type { LocalTable } from '../../src/models/build/bindSource.ts'
import { DUCKDB_TYPES } from '../../src/models/build/sourceTable.ts'
import type { SilverPost } from './silverPosts.ts'

const column = (name: string, type: Column['type'], nullable = false): Column => ({
  name,
  type,
  nullable,
})

export const silverColumns: readonly Column[] = [
  column('platform', 'string'),
  column('date', 'date'),
  column('post_id', 'string'),
  column('created_at', 'timestamp'),
  column('author_id', 'string', true),
  column('author_name', 'string', true),
  column('author_followers', 'int64', true),
  column('author_verified', 'boolean', true),
  column('author_created_at', 'timestamp', true),
  column('text', 'string'),
  column('lang', 'string', true),
  column('likes', 'int64', true),
  column('shares', 'int64', true),
  column('comments', 'int64', true),
  column('impressions', 'int64', true),
  column('hashtags', 'list<string>'),
  column('mentions', 'list<string>'),
  column('url', 'string', true),
  column('source', 'string', true),
  column('ingested_at', 'timestamp'),
  column('source_position', 'string'),
]

/** Writes rows as Silver's files, a folder a partition, by other means than Sluicebox's. */
export async function silverTable(
  folder: string,
  rows: readonly SilverPost[],
): Promise<LocalTable> {
  const json = join(folder, '..', `${crypto.randomUUID()}.ndjson`)
  await writeFile(json, rows.map((row) => JSON.stringify(row)).join('\n'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run("set TimeZone = 'UTC'")
    const types = silverColumns.map(({ name, type }) => `'${name}': '${DUCKDB_TYPES[type]}'`)
    const posts = `read_json('${json}', format = 'newline_delimited', columns = {${types.join(', ')}})`
    await connection.run(
      `copy (from ${posts}) to '${folder}' (format parquet, partition_by (platform, date))`,
    )
    const found = await connection.runAndReadAll(`from glob('${folder}/**/*.parquet')`)
    const files = found.getRows().map(([file]) => {
      const path = String(file).slice(folder.length + 1)
      const [, platform = '', date = ''] = /^platform=([^/]+)\/date=([^/]+)\//.exec(path) ?? []
      return { path, partitionValues: { platform, date } }
    })
    return { folder, files, columns: silverColumns, partitionColumns: ['platform', 'date'] }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
