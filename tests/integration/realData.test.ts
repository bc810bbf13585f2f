import { cpSync, readFileSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Summary } from '../../topologies/platform/summary.ts'
import { runPlatform } from '../contract/platform.ts'
import { loadSilver, query, queryGold, strayFiles } from '../contract/readLake.ts'
import { landingFolder } from './landingFolder.ts'

const root = process.env['SLUICEBOX_REAL_DATA'] ?? ''
const isThere = root !== ''
const isRequired = process.env['SLUICEBOX_REQUIRE_REAL_DATA'] === '1'
const title = isThere ? 'real data' : 'real data (skipped: SLUICEBOX_REAL_DATA names no folder)'

test.runIf(isRequired)('real data is there', () => expect(root).not.toBe(''))

type Truth = Readonly<Record<string, unknown>> & {
  readonly files: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

describe.skipIf(!isThere)(title, () => {
  // Computed by others; see the data's own README. Vitest runs this body where the tests are skipped, too.
  const truth = (
    isThere ? JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) : {}
  ) as Readonly<Record<string, Truth>>
  const ratio = truth['tweets/twitter_ratio_realDonaldTrump.csv.gz']!
  const landing = landingFolder('real-data')
  let summary: Summary
  let silver: Awaited<ReturnType<typeof loadSilver>>

  beforeAll(async () => {
    const folders = { twitter: 'tweets', reddit: 'reddit', youtube: 'youtube' }
    for (const [platform, folder] of Object.entries(folders)) {
      cpSync(join(root, folder), join(landing.path, platform), { recursive: true })
    }
    for (const file of readdirSync(landing.path, { recursive: true, encoding: 'utf8' })) {
      utimesSync(join(landing.path, file), 1.7e9, 1.7e9)
    }
    // It ends with 0: no crash, and every test of the models holds on Gold.
    summary = await runPlatform(landing.args())
    silver = await loadSilver(landing.lake)
  })
  afterAll(() => silver?.close())

  const one = async (sql: string): Promise<Record<string, unknown>> =>
    (await silver.query<Record<string, unknown>>(sql))[0]!
  /** Numbers of the posts of one part of the data, as the SQL of `figures` names them. */
  const figuresOf = async (part: string, figures: string): Promise<Record<string, number>> => {
    const row = await one(`SELECT ${figures} FROM {silver} WHERE source_position LIKE '${part}%'`)
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]))
  }

  test('every record is accounted for; only two answers without videos are of unknown shape', async () => {
    const { records, by_platform: platforms, rejected_by: rejected } = summary
    const { read, written, duplicate, late, filtered } = records
    expect(read).toBe(written + duplicate + late + filtered + 2)
    expect(rejected).toEqual({ unknown_shape: 2 })
    expect(records.repaired).toBe(ratio['rows_with_invalid_utf8'])
    expect(platforms['twitter']!.read).toBe(
      Number(ratio['rows']) + Number(truth['tweets/api_v1']!['total_top_level']),
    )
    expect(platforms['reddit']!.read).toBe(
      Number(truth['reddit/top1000_2013']!['rows']) +
        Number(truth['reddit/api_listing']!['distinct_ids']),
    )
    const rows = await query<{ source: string; bytes: string }>(
      landing.lake,
      'SELECT source, octet_length(raw)::VARCHAR AS bytes FROM {quarantine} ORDER BY ALL',
    )
    expect(rows).toEqual(
      ['comment_threads_by_video_paged_1.json', 'search_by_keywords_p1.json'].map((name) => ({
        source: `api_v3/${name}`,
        bytes: String(landing.read(`youtube/api_v3/${name}`).length),
      })),
    )
  })

  test('tweets of the CSV: counts, sums and days', async () => {
    expect(
      await figuresOf(
        'twitter_ratio',
        `count(*) AS n, count(DISTINCT post_id) AS ids, sum(comments) AS replies, sum(shares) AS retweets,
         sum(likes) AS favorites, sum((position(chr(13) IN text) > 0)::INTEGER) AS cr`,
      ),
    ).toEqual({
      n: ratio['rows'],
      ids: ratio['distinct_tweet_ids'],
      replies: ratio['sum_replies'],
      retweets: ratio['sum_retweets'],
      favorites: ratio['sum_favorites'],
      cr: ratio['rows_with_bare_CR_in_text'],
    })
    const days = await silver.query<{ day: string; posts: string; engagement: string }>(
      `SELECT date::VARCHAR AS day, count(*) AS posts, sum(likes + shares + comments)::BIGINT AS engagement
       FROM {silver} WHERE source_position LIKE 'twitter_ratio%' GROUP BY day`,
    )
    expect(
      Object.fromEntries(days.map((row) => [row.day, [Number(row.posts), Number(row.engagement)]])),
    ).toEqual(ratio['per_day[posts,engagement]'])
  })

  test('ids beyond 2^53 are exact', async () => {
    const inexact = 'sum((post_id::BIGINT::DOUBLE::BIGINT <> post_id::BIGINT)::INTEGER) AS inexact'
    // A snowflake holds its time, to which every row of the CSV is true to the minute.
    const off = `sum(((post_id::BIGINT >> 22) + 1288834974657 - epoch_ms(created_at) NOT BETWEEN 0 AND 59999)::INTEGER) AS "off"`
    expect(await figuresOf('twitter_ratio', `${inexact}, ${off}`)).toEqual({
      inexact: ratio['ids_not_exact_in_float64'],
      off: 0,
    })
    const { files } = truth['tweets/api_v1']!
    for (const [name, file] of Object.entries(files)) {
      if (name === 'extended_tweet_in_extended_mode.json.gz') continue
      expect([name, await figuresOf(`api_v1/${name}`, inexact)]).toEqual([
        name,
        { inexact: file['ids_corrupted_by_float64'] },
      ])
    }
  })

  test('sums by hashtag', async () => {
    const tops = ratio['hashtag_engagement_same_under_any_decoding(utf8-replace,latin1,repaired)']
    const expected = Object.fromEntries(tops as [string, number][])
    const rows = await silver.query<{ tag: string; engagement: string }>(
      `SELECT tag, sum(likes + shares + comments)::BIGINT AS engagement
       FROM (SELECT *, unnest(hashtags) AS tag FROM {silver} WHERE source_position LIKE 'twitter_ratio%')
       GROUP BY tag`,
    )
    const got = new Map(rows.map(({ tag, engagement }) => [tag, Number(engagement)]))
    expect(Object.fromEntries(Object.keys(expected).map((tag) => [tag, got.get(tag)]))).toEqual(
      expected,
    )
  })

  test('statuses of the API, file by file; the second of two files with one status is a duplicate', async () => {
    const group = truth['tweets/api_v1']!
    expect(await figuresOf('api_v1', 'count(*) AS n, count(DISTINCT post_id) AS ids')).toEqual({
      n: group['distinct_ids_over_all_files'],
      ids: group['distinct_ids_over_all_files'],
    })
    for (const [name, file] of Object.entries(group.files)) {
      const isSecond = name === 'extended_tweet_in_extended_mode.json.gz'
      expect([
        name,
        await figuresOf(
          `api_v1/${name}`,
          'count(*) AS n, coalesce(sum(likes), 0) AS likes, coalesce(sum(shares), 0) AS shares',
        ),
      ]).toEqual([
        name,
        {
          n: isSecond ? 0 : file['top_level_statuses'],
          likes: file['sum_favorite_count'],
          shares: file['sum_retweet_count'],
        },
      ])
    }
  })

  test('posts of Reddit, file by file', async () => {
    const csv = truth['reddit/top1000_2013']!
    expect(
      await figuresOf(
        'top1000_2013',
        'count(DISTINCT post_id) AS ids, sum(comments) AS comments, count(DISTINCT date) AS days',
      ),
    ).toEqual({ ids: csv['distinct_ids'], comments: csv['sum_comments'], days: csv['n_days'] })
    const figures = 'count(*) AS n, sum(likes) AS likes, sum(comments) AS comments'
    for (const [subreddit, file] of Object.entries(csv.files)) {
      const own = await figuresOf(`top1000_2013/${subreddit}.csv`, figures)
      expect([subreddit, own]).toEqual([
        subreddit,
        { n: file['rows_well_formed'], likes: file['sum_ups'], comments: file['sum_comments'] },
      ])
    }
    for (const [name, file] of Object.entries(truth['reddit/api_listing']!.files)) {
      const own = await figuresOf(`api_listing/${name}`, figures)
      expect([name, own]).toEqual([
        name,
        { n: file['children'], likes: file['sum_score'], comments: file['sum_comments'] },
      ])
    }
  })

  test('videos: one row each, by day and channel', async () => {
    const trending = truth['youtube/trending_2018-11-01']!
    const { duplicate } = summary.by_platform['youtube']!
    expect(await figuresOf('trending', 'count(DISTINCT post_id) AS ids')).toEqual({
      ids: trending['distinct_video_ids'],
    })
    expect(duplicate).toBe(Number(trending['rows']) - Number(trending['distinct_video_ids']))
    // The first country in name order is read whole.
    expect(await figuresOf('trending_2018-11-01/18.01.11_DE', 'sum(impressions) AS views')).toEqual(
      { views: trending.files['DE']!['sum_views'] },
    )
    const days = await silver.query<{ day: string; videos: string; channels: string }>(
      `SELECT date::VARCHAR AS day, count(*) AS videos, count(DISTINCT author_id) AS channels
       FROM {silver} WHERE source_position LIKE 'trending%' GROUP BY day`,
    )
    expect(
      Object.fromEntries(days.map((row) => [row.day, [Number(row.videos), Number(row.channels)]])),
    ).toEqual(trending['per_publish_day_after_dedup[videos,distinct_channels]'])
    const { files } = truth['youtube/api_v3']!
    for (const name of ['videos_chart_paged_1.json', 'videos_info_single.json']) {
      const rows = await silver.query<{ id: string }>(
        `SELECT post_id AS id FROM {silver} WHERE source_position LIKE 'api_v3/${name}%'
         ORDER BY regexp_extract(source_position, '\\d+$')::INTEGER`,
      )
      expect(rows.map(({ id }) => id)).toEqual(files[name]!['ids'])
    }
  })

  test('Gold is built on all of it', async () => {
    expect(summary.gold_version).toBe(1)
    const [gold] = await queryGold<Record<string, string>>(
      landing.lake,
      `SELECT (SELECT count(*) FROM dim_posts)::VARCHAR AS posts,
         (SELECT sum(engagement_total) FROM fact_post_metrics)::VARCHAR AS engagement,
         (SELECT sum(engagement_count) FROM fact_engagements)::VARCHAR AS counted,
         (SELECT count(*) FROM mart_trending_hashtags)::VARCHAR AS trends`,
    )
    const expected = await one(
      `SELECT count(*)::VARCHAR AS posts,
         sum(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0))::VARCHAR AS engagement,
         sum(greatest(coalesce(likes, 0), 0) + coalesce(shares, 0) + coalesce(comments, 0))::VARCHAR AS counted
       FROM {silver}`,
    )
    expect(gold).toMatchObject(expected)
    expect(Number(gold!['trends'])).toBeGreaterThan(1000)
    expect(expected['posts']).toBe(String(summary.records.written))
  })

  test('a second run reads nothing and leaves Gold as it is', async () => {
    const again = await runPlatform(landing.args())
    expect([again.records.read, again.gold_version, again.total]).toEqual([0, 1, summary.total])
    expect(strayFiles(landing.lake)).toEqual([])
  })
})
