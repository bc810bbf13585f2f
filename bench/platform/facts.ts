import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { openLake } from '../../src/index.ts'
import { readDelta } from '../../src/parquet.ts'
import { dataFiles } from '../peers/readBack.ts'

/** Numbers of rows and sums of measures, by their names: what any side of the platform must have made. */
export type PlatformFacts = Readonly<Record<string, number>>

const SILVER = 'silver/posts'
const TABLES = [
  ...['dim_date', 'dim_platforms', 'dim_users', 'dim_posts', 'dim_hashtags', 'fact_engagements'],
  ...['fact_post_metrics', 'mart_daily_active_users', 'mart_trending_hashtags'],
  'mart_share_of_voice',
]
const MEASURES = {
  fact_engagements: ['engagement_count'],
  fact_post_metrics: ['likes', 'shares', 'comments', 'impressions', 'engagement_total'],
  dim_users: ['post_count'],
  dim_hashtags: ['post_count'],
  mart_daily_active_users: ['active_users'],
  mart_trending_hashtags: ['posts_7d'],
  mart_share_of_voice: ['brand_mentions', 'platform_mentions'],
} as const
/**
 * What the peers' known faults explain: any of the repeats of a post may be kept, and a repeat may have been
 * counted later; DuckDB takes a line that ends behind a `[` and the next one for one record.
 */
const MAY_DIFFER = 0.001

/** Adds up Silver's files and Gold's tables, whoever made them. */
export async function platformFacts(lake: string): Promise<PlatformFacts> {
  const published = join(lake, 'gold/gold.duckdb')
  const gold = existsSync(published) ? published : join(lake, 'gold.duckdb')
  const files = (await silverFiles(lake)).map((file) => `'${file}'`).join(', ')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()
  const facts: Record<string, number> = {}
  try {
    const counted = await rows(
      `select platform, count(*) from read_parquet([${files}], hive_partitioning = true) group by platform order by platform`,
    )
    for (const [platform, count] of counted) facts[`silver ${String(platform)}`] = Number(count)
    await connection.run(`attach '${gold}' as gold (read_only)`)
    const sums = TABLES.flatMap((table) => [
      [table, 'rows', 'count(*)'],
      ...(MEASURES[table as keyof typeof MEASURES] ?? []).map((name) => [
        ...[table, name, `sum(${name})`],
      ]),
    ])
    for (const [table, name, sum] of sums) {
      const [[value] = []] = await rows(`select ${sum}::double from gold.main.${table}`)
      facts[`${table} ${name}`] = Number(value)
    }
    return facts
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Of a Delta table the files of its newest version, else all that are there. */
async function silverFiles(lake: string): Promise<readonly string[]> {
  const table = await readDelta(await openLake(lake), SILVER)
  const folder = join(lake, SILVER)
  return table === undefined
    ? dataFiles(folder)
    : table.files.map(({ path }) => join(folder, decodeURIComponent(path)))
}

/** How far each fact is from what is wanted, as a share of it. */
const shares = (wanted: PlatformFacts, got: PlatformFacts): [string, number][] =>
  [...new Set([...Object.keys(wanted), ...Object.keys(got)])].map((name) => {
    const [one = 0, other = 0] = [wanted[name], got[name]]
    return [name, Math.abs(one - other) / Math.max(1, one)]
  })

export const largestDifference = (wanted: PlatformFacts, got: PlatformFacts): number =>
  Math.max(...shares(wanted, got).map(([, share]) => share))

/** In what two sides differ by more than the peers' known faults explain. */
export const differingFacts = (wanted: PlatformFacts, got: PlatformFacts): string[] =>
  shares(wanted, got)
    .filter(([, share]) => share > MAY_DIFFER)
    .map(([name]) => `${name} ${got[name]} instead of ${wanted[name]}`)
