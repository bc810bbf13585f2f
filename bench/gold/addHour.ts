import { mkdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { openLake } from '../../src/lake/openLake.ts'

const path = 'silver/posts'

/**
 * Adds an hour of new posts to Silver: as many as Silver has on average an hour, of the authors, words and hashtags
 * that it has, in the hour behind its newest post. Returns how many.
 */
export async function addHour(lake: string, round: number): Promise<number> {
  const log = deltaLog({ store: await openLake(lake), path, clock: { now: () => Date.now() } })
  const { files } = await log.snapshot()
  const folder = join(lake, path)
  const list = [...files.keys()].map((file) => `'${join(folder, file)}'`).join(', ')
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
  await connection.run(
    `create view posts as from read_parquet([${list}], hive_partitioning = true, hive_types = {platform: VARCHAR, date: DATE})`,
  )
  const [[count, hours, newest] = []] = (
    await connection.runAndReadAll(
      "select count(*), date_diff('hour', min(created_at), max(created_at)), max(created_at)::varchar from posts",
    )
  ).getRows()
  const rows = Math.ceil(Number(count) / Number(hours))
  await connection.run(`create table fresh as
    select * replace (
      post_id || '-${round}' as post_id,
      timestamptz '${String(newest)}' + interval 1 second * (3600 * row_number() over () / ${rows}) as created_at
    ) from (from posts where hash(post_id) % ${Math.floor(Number(count) / rows / 2)} = ${round} limit ${rows})`)
  await connection.run('update fresh set date = created_at::date')
  await mkdir(folder, { recursive: true })
  await connection.run(
    `copy fresh to '${folder}' (format parquet, compression zstd, partition_by (platform, date), filename_pattern 'hour${round}-{i}', overwrite_or_ignore)`,
  )
  const made = await connection.runAndReadAll(
    `select file, size from read_blob('${folder}/**/hour${round}-*.parquet') as t(file, content, size)`,
  )
  connection.closeSync()
  instance.closeSync()
  const added = made.getRows().map(([file, size]) => {
    const name = relative(folder, String(file))
    const [, platform = '', date = ''] =
      /^platform=([^/]+)\/date=([^/]+)$/.exec(dirname(name)) ?? []
    const partitionValues = { platform, date }
    return {
      add: {
        path: name,
        partitionValues,
        size: Number(size),
        modificationTime: 0,
        dataChange: true,
      },
    }
  })
  await log.commit(() => added)
  return rows
}
