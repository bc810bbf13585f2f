import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Summary } from '../../topologies/platform/summary.ts'
import { root } from './platform.ts'
import { query, queryGold } from './readLake.ts'

interface ExpectedPlatform {
  readonly records_in: number
  readonly rejected: number
  readonly rejected_by: Readonly<Record<string, number>>
  readonly duplicates: number
  readonly silver_rows: number
  readonly rows_by_date: Readonly<Record<string, number>>
  readonly sums: Readonly<Record<string, number>>
}

interface Expected {
  readonly platforms: Readonly<Record<string, ExpectedPlatform>>
  readonly gold: {
    readonly rows: Readonly<Record<string, number>>
    readonly dim_users_followers_sum: number
    readonly fact_post_metrics: Readonly<Record<string, number>>
    readonly fact_engagements_sum: Readonly<Record<string, number>>
    readonly daily_active_users: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly trending_top10_by_day: Readonly<Record<string, readonly Trend[]>>
    readonly trending_engagement_sum: number
    readonly share_of_voice: Readonly<Record<string, Share>>
  }
}
interface Trend {
  readonly rank: number
  readonly hashtag: string
  readonly posts: number
  readonly engagement: number
}
interface Share {
  readonly all_mentions: number
  readonly brand_mentions: number
  readonly brands: Readonly<
    Record<string, { mentions: number; sov_pct: number; pct_of_all_mentions: number }>
  >
}

const expected = JSON.parse(
  readFileSync(join(root, 'tests/fixtures/contract/expected.json'), 'utf8'),
) as Expected

const add = (sums: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [key, n] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + n
}

/** The summary's totals are exactly what was planted; this run read all of it, nothing, or a share. */
export function expectSummary(summary: Summary, readNow: boolean | 'a share'): void {
  const reasons: Record<string, number> = {}
  for (const [platform, want] of Object.entries(expected.platforms)) {
    add(reasons, want.rejected_by)
    const counts = {
      read: want.records_in,
      written: want.silver_rows,
      duplicate: want.duplicates,
      late: 0,
      rejected: want.rejected,
      filtered: 0,
      repaired: 0,
    }
    expect(summary.total.by_platform[platform]).toEqual(counts)
    if (readNow === true) expect(summary.by_platform[platform]).toEqual(counts)
    if (readNow === false) expect(summary.by_platform[platform]?.read).toBe(0)
  }
  expect(summary.total.rejected_by).toEqual(reasons)
}

/** Silver and quarantine hold exactly the expected rows. */
export async function expectSilver(lake: string): Promise<void> {
  const figures = await query<Record<string, string | number>>(
    lake,
    `SELECT platform, count(*)::INTEGER AS silver_rows, count(DISTINCT post_id)::INTEGER AS ids,
       sum(likes)::BIGINT AS likes, sum(shares)::BIGINT AS shares, sum(comments)::BIGINT AS comments,
       sum(impressions)::BIGINT AS impressions, sum(len(hashtags))::BIGINT AS hashtags,
       sum(len(mentions))::BIGINT AS mentions, sum(length(text))::BIGINT AS text_chars,
       sum(author_followers)::BIGINT AS followers,
       sum(epoch_ms(created_at) % 86400000)::BIGINT AS created_ms
     FROM {silver} GROUP BY platform`,
  )
  const days = await query<{ platform: string; date: string; n: number }>(
    lake,
    `SELECT platform, date::VARCHAR AS date, count(*)::INTEGER AS n FROM {silver} GROUP BY ALL`,
  )
  const rejects = await query<{ platform: string; reason: string; n: number }>(
    lake,
    `SELECT platform, reason, count(*)::INTEGER AS n FROM {quarantine} GROUP BY ALL`,
  )
  for (const [platform, want] of Object.entries(expected.platforms)) {
    const row = figures.find((figure) => figure['platform'] === platform)!
    expect(Number(row['silver_rows'])).toBe(want.silver_rows)
    expect(Number(row['ids'])).toBe(want.silver_rows)
    const sums = Object.fromEntries(Object.keys(want.sums).map((name) => [name, Number(row[name])]))
    expect(sums).toEqual(want.sums)
    const of = <T extends { platform: string }>(list: readonly T[]) =>
      list.filter((entry) => entry.platform === platform)
    expect(Object.fromEntries(of(days).map(({ date, n }) => [date, n]))).toEqual(want.rows_by_date)
    expect(Object.fromEntries(of(rejects).map(({ reason, n }) => [reason, n]))).toEqual(
      want.rejected_by,
    )
  }
}

/** Every figure of Gold. */
export async function expectGold(lake: string): Promise<void> {
  const { gold } = expected
  for (const [table, rows] of Object.entries(gold.rows)) {
    const [{ n }] = (await queryGold(lake, `SELECT count(*)::INTEGER AS n FROM ${table}`)) as [
      { n: number },
    ]
    expect([table, n]).toEqual([table, rows])
  }
  const one = async (sql: string): Promise<number> =>
    Number(Object.values((await queryGold<Record<string, unknown>>(lake, sql))[0]!)[0])
  expect(await one('SELECT sum(followers)::BIGINT FROM dim_users')).toBe(
    gold.dim_users_followers_sum,
  )
  expect(await one('SELECT sum(engagement_total)::BIGINT FROM fact_post_metrics')).toBe(
    gold.fact_post_metrics['engagement_sum'],
  )
  expect(await one('SELECT count(*) FROM fact_post_metrics WHERE engagement_rate IS NULL')).toBe(
    gold.fact_post_metrics['null_rate_rows'],
  )
  expect(await one('SELECT sum(engagement_rate) FROM fact_post_metrics')).toBeCloseTo(
    gold.fact_post_metrics['engagement_rate_sum']!,
    6,
  )
  expect(await one('SELECT sum(engagement_7d)::BIGINT FROM mart_trending_hashtags')).toBe(
    gold.trending_engagement_sum,
  )
  const types = await queryGold<{ type: string; n: string }>(
    lake,
    'SELECT engagement_type AS type, sum(engagement_count)::BIGINT AS n FROM fact_engagements GROUP BY ALL',
  )
  expect(Object.fromEntries(types.map(({ type, n }) => [type, Number(n)]))).toEqual(
    gold.fact_engagements_sum,
  )

  const active: Record<string, Record<string, number>> = {}
  const days = await queryGold<{ day: string; platform: string; n: string }>(
    lake,
    'SELECT post_date::VARCHAR AS day, platform, active_users AS n FROM mart_daily_active_users',
  )
  for (const { day, platform, n } of days) (active[day] ??= {})[platform] = Number(n)
  expect(active).toEqual(gold.daily_active_users)

  for (const [day, top] of Object.entries(gold.trending_top10_by_day)) {
    const got = await queryGold<Record<string, unknown>>(
      lake,
      `SELECT rank, hashtag, posts_7d, engagement_7d FROM mart_trending_hashtags
       WHERE as_of_date = DATE '${day}' AND rank <= ${top.length} ORDER BY rank`,
    )
    expect(
      got.map((row) => ({
        rank: Number(row['rank']),
        hashtag: row['hashtag'],
        posts: Number(row['posts_7d']),
        engagement: Number(row['engagement_7d']),
      })),
    ).toEqual(top)
  }
}
