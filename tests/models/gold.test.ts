import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { buildModels } from '../../src/models/build/buildModels.ts'
import type { BuiltModels } from '../../src/models/build/buildModels.ts'
import { compileProject } from '../../src/models/project/compileProject.ts'
import { readProject } from '../../src/models/project/readProject.ts'
import { fixture, silverPosts } from './silverPosts.ts'
import type { SilverPost } from './silverPosts.ts'
import { silverTable } from './silverTable.ts'

const root = join(import.meta.dirname, '../../topologies/models')
const project = compileProject(readProject(root), { schema: 'main', env: {} })

interface Expected {
  readonly platforms: Record<string, { silver_rows: number; sums: Record<string, number> }>
  readonly gold: {
    readonly rows: Record<string, number>
    readonly dim_users_followers_sum: number
    readonly fact_post_metrics: {
      readonly engagement_sum: number
      readonly null_rate_rows: number
      readonly engagement_rate_sum: number
    }
    readonly fact_engagements_sum: Record<string, number>
    readonly daily_active_users: Record<string, Record<string, number>>
    readonly trending_top10_by_day: Record<string, JsonObject[]>
    readonly trending_engagement_sum: number
    readonly share_of_voice: Record<string, ShareOfVoice>
  }
}
interface ShareOfVoice {
  readonly all_mentions: number
  readonly brand_mentions: number
  readonly brands: Record<
    string,
    { mentions: number; sov_pct: number; pct_of_all_mentions: number }
  >
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluicebox-test-gold-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let builds = 0
async function build(rows: readonly SilverPost[]): Promise<BuiltModels> {
  builds += 1
  const directory = join(folder, `build-${builds}`)
  await mkdir(directory)
  const posts =
    rows.length === 0 ? undefined : await silverTable(join(folder, `silver-${builds}`), rows)
  return buildModels({
    project,
    root,
    schema: 'main',
    sources: { posts },
    gates: [],
    directory,
    threads: 1,
    memoryBytes: 512 * 1024 * 1024,
    signal: undefined,
    node: 'gold',
  })
}

/** Opens a finished database as any reader would. */
async function reading<Result>(
  file: string,
  work: (query: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<Result>,
): Promise<Result> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY', threads: '1' })
  const connection: DuckDBConnection = await instance.connect()
  try {
    await connection.run("set TimeZone = 'UTC'")
    return await work(async (sql) => {
      const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson()
      return rows
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

describe("the contract's input", () => {
  let expected: Expected
  let built: BuiltModels
  const gold = <Result>(work: Parameters<typeof reading<Result>>[1]) =>
    reading(built.database, work)
  const one = (sql: string) => gold(async (query) => (await query(sql))[0])

  beforeAll(async () => {
    expected = JSON.parse(await readFile(join(fixture, 'expected.json'), 'utf8')) as Expected
    const rows = silverPosts()
    for (const [platform, { silver_rows }] of Object.entries(expected.platforms)) {
      expect(rows.filter((row) => row.platform === platform)).toHaveLength(silver_rows)
    }
    built = await build(rows)
  }, 60_000)

  it('has the expected rows in every table', () => {
    const rows = Object.fromEntries(built.tables.map((table) => [table.name, table.rows]))
    expect(rows).toEqual(expected.gold.rows)
  })

  it('passes every test of the project', () => {
    expect(built.checks.filter(({ failures }) => failures > 0)).toEqual([])
    expect(built.checks.length).toBeGreaterThan(40)
  })

  it('shows users as their latest posts do', async () => {
    const row = await one('select sum(followers)::bigint as sum from dim_users')
    expect(row).toEqual({ sum: String(expected.gold.dim_users_followers_sum) })
  })

  it('has the expected metrics', async () => {
    const row = await one(`
      select sum(engagement_total)::bigint as engagement,
        count(*) filter (where engagement_rate is null) as without_rate,
        fsum(engagement_rate) as rate
      from fact_post_metrics`)
    const { engagement_sum, null_rate_rows, engagement_rate_sum } = expected.gold.fact_post_metrics
    expect(row).toMatchObject({
      engagement: String(engagement_sum),
      without_rate: String(null_rate_rows),
    })
    // The expected sum was added up in another order: its last digits are rounding.
    expect(Number(row?.['rate']) / engagement_rate_sum).toBeCloseTo(1, 12)
  })

  it('has the expected engagements', async () => {
    const rows = await gold((query) =>
      query(
        'select engagement_type as type, sum(engagement_count)::bigint as n from fact_engagements group by all',
      ),
    )
    expect(Object.fromEntries(rows.map(({ type, n }) => [type, Number(n)]))).toEqual(
      expected.gold.fact_engagements_sum,
    )
  })

  it('has the expected active users', async () => {
    const rows = await gold((query) =>
      query(
        'select post_date::varchar as day, platform, active_users as n from mart_daily_active_users',
      ),
    )
    const got: Record<string, Record<string, number>> = {}
    for (const { day, platform, n } of rows) {
      got[String(day)] = { ...got[String(day)], [String(platform)]: Number(n) }
    }
    expect(got).toEqual(expected.gold.daily_active_users)
  })

  it('has the expected trending hashtags', async () => {
    const rows = await gold((query) =>
      query(`
        select as_of_date::varchar as day, rank::integer as rank, hashtag,
          posts_7d::integer as posts, engagement_7d::integer as engagement
        from mart_trending_hashtags where rank <= 10 order by day, rank`),
    )
    const got = Object.fromEntries(
      Object.keys(expected.gold.trending_top10_by_day).map((day) => [
        day,
        rows.filter((row) => row['day'] === day).map(({ day: _, ...row }) => row),
      ]),
    )
    expect(got).toEqual(expected.gold.trending_top10_by_day)
    expect(
      await one('select sum(engagement_7d)::integer as sum from mart_trending_hashtags'),
    ).toEqual({
      sum: expected.gold.trending_engagement_sum,
    })
  })

  it('has the expected share of voice', async () => {
    const days = await gold((query) =>
      query(`
        select post_date::varchar as day, platform, brand, brand_mentions::integer as mentions,
          platform_mentions::integer as platform_mentions, brand_mentions_total::integer as total,
          share_of_voice_pct as voice, share_among_brands_pct as among
        from mart_share_of_voice`),
    )
    for (const row of days) {
      expect(row['voice']).toBe((Number(row['mentions']) / Number(row['platform_mentions'])) * 100)
      expect(row['among']).toBe((Number(row['mentions']) / Number(row['total'])) * 100)
    }
    for (const [platform, want] of Object.entries(expected.gold.share_of_voice)) {
      const rows = days.filter((row) => platform === 'all' || row['platform'] === platform)
      const brand = (name: string) =>
        sum(rows.filter((row) => row['brand'] === name).map((row) => Number(row['mentions'])))
      const firsts = new Map(
        rows.map((row) => [`${String(row['day'])} ${String(row['platform'])}`, row]),
      )
      const all = sum([...firsts.values()].map((row) => Number(row['platform_mentions'])))
      const total = sum([...firsts.values()].map((row) => Number(row['total'])))
      expect([all, total]).toEqual([want.all_mentions, want.brand_mentions])
      for (const [name, { mentions, sov_pct, pct_of_all_mentions }] of Object.entries(
        want.brands,
      )) {
        expect(brand(name)).toBe(mentions)
        expect((brand(name) / total) * 100).toBeCloseTo(sov_pct, 9)
        expect((brand(name) / all) * 100).toBeCloseTo(pct_of_all_mentions, 9)
      }
    }
  })

  it("has the contract's columns and types", async () => {
    const types = Object.fromEntries(
      built.tables.map(({ name, columns }) => [
        name,
        Object.fromEntries(columns.map((column) => [column.name, column.type])),
      ]),
    )
    expect(types).toMatchSnapshot()
  })

  it('makes keys of platform and id', async () => {
    expect(
      await one(`
        select count(*) filter (where post_key <> md5(platform || '|' || post_id)) as posts,
          (select count(*) from dim_users where user_key <> md5(platform || '|' || user_id)) as users,
          (select count(*) from dim_hashtags where hashtag_key <> md5(hashtag)) as hashtags,
          (select count(*) from fact_engagements
            where engagement_key <> md5(post_key || '|' || engagement_type)) as engagements
        from dim_posts`),
    ).toEqual({ posts: '0', users: '0', hashtags: '0', engagements: '0' })
  })
})

describe('gold of few posts', () => {
  const [first] = silverPosts()
  const post = (own: Partial<SilverPost>): SilverPost => {
    const row = { ...first!, hashtags: [], mentions: [], ...own }
    return { ...row, date: row.created_at.slice(0, 10) }
  }
  const at = (day: number, hour = 0) =>
    `2024-03-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00Z`

  it('is empty tables without any post', async () => {
    const { tables, checks } = await build([])
    const rows = Object.fromEntries(tables.map((table) => [table.name, table.rows]))
    expect(rows).toMatchObject({
      dim_date: 0,
      dim_posts: 0,
      dim_platforms: 3,
      mart_share_of_voice: 0,
    })
    expect(checks.filter(({ failures }) => failures > 0)).toEqual([])
  })

  it('has every calendar day, also those without posts', async () => {
    const { database } = await build([
      post({ post_id: 'a', created_at: at(1), hashtags: ['x'] }),
      post({ post_id: 'b', created_at: at(10), likes: 0, shares: 0, comments: 0 }),
    ])
    await reading(database, async (query) => {
      expect(
        await query(
          'select min(date_key) as first, max(date_key) as last, count(*) as n from dim_date',
        ),
      ).toEqual([{ first: 20240301, last: 20240310, n: '10' }])
      const trending = await query(
        'select as_of_date::varchar as day from mart_trending_hashtags order by 1',
      )
      expect(trending.map(({ day }) => day)).toEqual(
        [1, 2, 3, 4, 5, 6, 7].map((day) => at(day).slice(0, 10)),
      )
      const active = await query(
        'select post_date::varchar as day, platform, active_users from mart_daily_active_users order by all',
      )
      expect(active).toEqual([
        { day: '2024-03-01', platform: 'all', active_users: '1' },
        { day: '2024-03-01', platform: 'twitter', active_users: '1' },
        { day: '2024-03-10', platform: 'all', active_users: '0' },
      ])
    })
  })

  it('takes what a format lacks as null, and as 0 in a total', async () => {
    const lacking = { author_id: null, author_name: null, likes: null, impressions: null }
    const row = { ...post({ post_id: 'a', created_at: at(1), shares: 2, comments: 3 }), ...lacking }
    const { database, checks } = await build([row as unknown as SilverPost])
    expect(checks.filter(({ failures }) => failures > 0)).toEqual([])
    await reading(database, async (query) => {
      expect(
        await query(
          'select user_key, likes, engagement_total, engagement_rate from fact_post_metrics',
        ),
      ).toEqual([{ user_key: null, likes: null, engagement_total: '5', engagement_rate: null }])
      expect(await query('select * from dim_users')).toEqual([])
      expect(await query("select * from mart_daily_active_users where platform <> 'all'")).toEqual(
        [],
      )
    })
  })

  it('takes the latest values of an author, of equal times those of the highest id', async () => {
    const { database } = await build([
      post({ post_id: 'b', created_at: at(2), author_name: 'latest' }),
      post({ post_id: 'a', created_at: at(2), author_name: 'same time' }),
      post({ post_id: 'c', created_at: at(1), author_name: 'earlier' }),
    ])
    await reading(database, async (query) => {
      expect(await query('select username, post_count from dim_users')).toEqual([
        { username: 'latest', post_count: '3' },
      ])
    })
  })

  it('ranks equal hashtags by code point', async () => {
    const hashtags = ['é', 'z', 'ｚ', '😀', 'a_', 'a1']
    const { database } = await build([post({ post_id: 'a', created_at: at(1), hashtags })])
    await reading(database, async (query) => {
      const rows = await query('select hashtag from mart_trending_hashtags order by rank')
      expect(rows.map(({ hashtag }) => hashtag)).toEqual(['a1', 'a_', 'z', 'é', 'ｚ', '😀'])
    })
  })
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
