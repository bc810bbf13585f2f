import { gunzipSync } from 'node:zlib'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Post } from '../../topologies/post.ts'
import {
  firstOfEach,
  readPosts,
  sum,
  tally,
  type Platform,
  type ReadPosts,
} from '../topologies/readPosts.ts'

const root = process.env['SLUICEBOX_REAL_DATA'] ?? ''
const skipped = root === ''
const title = skipped ? 'real data (skipped: SLUICEBOX_REAL_DATA names no folder)' : 'real data'

// Truth computed by others; see the data's own README.
type Truth = Readonly<Record<string, unknown>>
const truth = (skipped ? {} : JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8'))) as {
  readonly [group: string]: Truth & { readonly files: Readonly<Record<string, Truth>> }
}

const fileOf = (post: Post): string => basename(post.source_position.replace(/:\d+$/, ''))
const byFile = (posts: readonly Post[]): Map<string, Post[]> => Map.groupBy(posts, fileOf)
const isoSecond = (post: Post): string =>
  `${new Date(Number(post.created_at) / 1000).toISOString().slice(0, 19)}Z`

describe.skipIf(skipped)(title, () => {
  // Vitest runs this body even where the tests are skipped.
  const folders: Record<Platform, Promise<ReadPosts>> = skipped
    ? ({} as never)
    : {
        twitter: readPosts('twitter', join(root, 'tweets')),
        reddit: readPosts('reddit', join(root, 'reddit')),
        youtube: readPosts('youtube', join(root, 'youtube')),
      }
  const postsBelow = async (platform: Platform, part: string): Promise<Post[]> =>
    (await folders[platform]).posts.filter((post) => post.source_position.includes(part))

  test('no post is refused; the two answers that list no videos are of unknown shape', async () => {
    expect((await folders.twitter).rejected).toEqual([])
    expect((await folders.reddit).rejected).toEqual([])
    const { rejected } = await folders.youtube
    expect(rejected.map(({ reason, source }) => `${reason} ${basename(source)}`).sort()).toEqual([
      'unknown_shape comment_threads_by_video_paged_1.json',
      'unknown_shape search_by_keywords_p1.json',
    ])
  })

  test('tweets of the CSV', async () => {
    const group = truth['tweets/twitter_ratio_realDonaldTrump.csv.gz']!
    const posts = await postsBelow('twitter', 'twitter_ratio')
    expect(posts.length).toBe(group['rows'])
    expect(firstOfEach(posts).length).toBe(group['distinct_tweet_ids'])
    expect((await folders.twitter).repaired).toBe(group['rows_with_invalid_utf8'])
    expect(sum(posts, 'comments')).toBe(group['sum_replies'])
    expect(sum(posts, 'shares')).toBe(group['sum_retweets'])
    expect(sum(posts, 'likes')).toBe(group['sum_favorites'])
    const seconds = posts.map(isoSecond).sort()
    expect([seconds[0], seconds.at(-1)]).toEqual([
      group['min_created_utc'],
      group['max_created_utc'],
    ])
    expect(posts.filter(({ text }) => text.includes('\r')).length).toBe(
      group['rows_with_bare_CR_in_text'],
    )
    // A snowflake holds its time: every id is exact.
    for (const post of posts) {
      const ms = Number((BigInt(post.post_id) >> 22n) + 1_288_834_974_657n)
      expect(Math.floor(ms / 60_000) * 60_000).toBe(Number(post.created_at) / 1000)
    }
    const engagement: Record<string, number> = {}
    for (const post of posts) {
      for (const tag of post.hashtags) {
        engagement[tag] =
          (engagement[tag] ?? 0) + Number(post.likes) + Number(post.shares) + Number(post.comments)
      }
    }
    const tops = group['hashtag_engagement_same_under_any_decoding(utf8-replace,latin1,repaired)']
    expect(
      Object.fromEntries((tops as [string, number][]).map(([tag]) => [tag, engagement[tag]])),
    ).toEqual(Object.fromEntries(tops as [string, number][]))
    expect(tally(posts.map(({ date }) => date))).toEqual(
      Object.fromEntries(
        Object.entries(group['per_day[posts,engagement]'] as Record<string, number[]>).map(
          ([day, [count]]) => [day, count],
        ),
      ),
    )
    for (const { author_id, author_name, lang, impressions, author_created_at } of posts) {
      expect([author_id, author_name]).toEqual([null, 'realDonaldTrump'])
      expect([lang, impressions, author_created_at]).toEqual([null, null, null])
    }
  })

  test('statuses of the API', async () => {
    const group = truth['tweets/api_v1']!
    const posts = await postsBelow('twitter', 'api_v1')
    expect(posts.length).toBe(group['total_top_level'])
    expect(firstOfEach(posts).length).toBe(group['distinct_ids_over_all_files'])
    const files = byFile(posts)
    for (const [name, file] of Object.entries(group.files)) {
      const own = files.get(name)!
      const seconds = own.map(isoSecond).sort()
      const tags = Object.entries(tally(own.flatMap(({ hashtags }) => hashtags)))
        .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
        .slice(0, 10)
      expect(
        {
          top_level_statuses: own.length,
          distinct_ids: firstOfEach(own).length,
          min_created: seconds[0],
          max_created: seconds.at(-1),
          distinct_users: new Set(own.map(({ author_id }) => author_id)).size,
          sum_retweet_count: sum(own, 'shares'),
          sum_favorite_count: sum(own, 'likes'),
          top10_entity_hashtags: tags,
        },
        name,
      ).toEqual({
        top_level_statuses: file['top_level_statuses'],
        distinct_ids: file['distinct_ids'],
        min_created: file['min_created'],
        max_created: file['max_created'],
        distinct_users: file['distinct_users'],
        sum_retweet_count: file['sum_retweet_count'],
        sum_favorite_count: file['sum_favorite_count'],
        top10_entity_hashtags: file['top10_entity_hashtags'],
      })
    }
  })

  test('the ids of statuses are those that stand in the bytes, digit by digit', async () => {
    const folder = join(root, 'tweets/api_v1')
    const files = byFile(await postsBelow('twitter', 'api_v1'))
    for (const name of readdirSync(folder)) {
      const text = gunzipSync(readFileSync(join(folder, name))).toString()
      for (const { post_id } of files.get(name)!) {
        expect(text).toMatch(new RegExp(`"id(_str)?": ?"?${post_id}\\b`))
      }
    }
  })

  test('posts of the CSVs of subreddits', async () => {
    const group = truth['reddit/top1000_2013']!
    const posts = await postsBelow('reddit', 'top1000_2013')
    expect(posts.length).toBe(group['rows'])
    expect(firstOfEach(posts).length).toBe(group['distinct_ids'])
    expect(sum(posts, 'comments')).toBe(group['sum_comments'])
    expect(new Set(posts.map(({ date }) => date)).size).toBe(group['n_days'])
    const files = byFile(posts)
    for (const [subreddit, file] of Object.entries(group.files)) {
      const own = files.get(`${subreddit}.csv.gz`)!
      const seconds = own.map(isoSecond).sort()
      expect(own.length).toBe(file['rows_well_formed'])
      expect(sum(own, 'likes')).toBe(file['sum_ups'])
      expect(sum(own, 'comments')).toBe(file['sum_comments'])
      expect([seconds[0], seconds.at(-1)]).toEqual([file['min_created'], file['max_created']])
      expect(new Set(own.map(({ source }) => source))).toEqual(new Set([`r/${subreddit}`]))
    }
    for (const { author_id, author_name, shares, impressions, lang } of posts) {
      expect([author_id, author_name, shares, impressions, lang]).toEqual(Array(5).fill(null))
    }
  })

  test('listings of the Reddit API', async () => {
    const group = truth['reddit/api_listing']!
    const posts = await postsBelow('reddit', 'api_listing')
    expect(firstOfEach(posts).length).toBe(group['distinct_ids'])
    expect(new Set(posts.map((post) => post.author_name ?? '[deleted]')).size).toBe(
      group['distinct_authors'],
    )
    const files = byFile(posts)
    for (const [name, file] of Object.entries(group.files)) {
      const own = files.get(name)!
      const seconds = own.map((post) => Number(post.created_at) / 1e6).sort((a, b) => a - b)
      expect({
        children: own.length,
        sum_score: sum(own, 'likes'),
        sum_comments: sum(own, 'comments'),
        deleted_authors: own.filter(({ author_name }) => author_name === null).length,
        min_created_utc: seconds[0],
        max_created_utc: seconds.at(-1),
      }).toEqual({
        children: file['children'],
        sum_score: file['sum_score'],
        sum_comments: file['sum_comments'],
        deleted_authors: file['deleted_authors'],
        min_created_utc: file['min_created_utc'],
        max_created_utc: file['max_created_utc'],
      })
    }
    const sources = Object.entries(tally(posts.map(({ source }) => source!.slice(2))))
    const tops = group['top10_subreddits'] as [string, number][]
    expect(Object.fromEntries(sources)).toMatchObject(Object.fromEntries(tops))
  })

  test('CSVs of trending videos', async () => {
    const group = truth['youtube/trending_2018-11-01']!
    const posts = await postsBelow('youtube', 'trending')
    expect(posts.length).toBe(group['rows'])
    expect(firstOfEach(posts).length).toBe(group['distinct_video_ids'])
    const most = Map.groupBy(posts, ({ post_id }) => post_id)
    const views = [...most.values()].map((own) =>
      Math.max(...own.map((post) => Number(post.impressions))),
    )
    expect(views.reduce((total, n) => total + n, 0)).toBe(group['sum_views_keep_max_per_video'])
    const files = byFile(posts)
    for (const [country, file] of Object.entries(group.files)) {
      const own = files.get(`18.01.11_${country}_videos.csv.gz`)!
      const times = own.map((post) => new Date(Number(post.created_at) / 1000).toISOString()).sort()
      expect(
        {
          rows: own.length,
          distinct_channels: new Set(own.map(({ author_id }) => author_id)).size,
          min_published: times[0],
          max_published: times.at(-1),
          sum_views: sum(own, 'impressions'),
          sum_likes: sum(own, 'likes'),
          sum_comments: sum(own, 'comments'),
          tags_none: own.filter(({ hashtags }) => hashtags.length === 0).length,
          rows_with_CR: own.filter(({ text }) => text.includes('\r')).length,
          ids_starting_with_dash: own.filter(({ post_id }) => post_id.startsWith('-')).length,
        },
        country,
      ).toEqual({
        rows: file['rows'],
        distinct_channels: file['distinct_channels'],
        min_published: file['min_published'],
        max_published: file['max_published'],
        sum_views: file['sum_views'],
        sum_likes: file['sum_likes'],
        sum_comments: file['sum_comments'],
        tags_none: file['tags_none'],
        rows_with_CR: file['rows_with_CR'],
        ids_starting_with_dash: file['ids_starting_with_dash'],
      })
    }
    const perDay = group['per_publish_day_after_dedup[videos,distinct_channels]']
    const days = Map.groupBy(firstOfEach(posts), ({ date }) => date)
    for (const [day, [videos, channels]] of Object.entries(perDay as Record<string, number[]>)) {
      const own = days.get(day)!
      expect([own.length, new Set(own.map(({ author_id }) => author_id)).size]).toEqual([
        videos,
        channels,
      ])
    }
  })

  test('videos of the API', async () => {
    const files = byFile(await postsBelow('youtube', 'api_v3'))
    for (const name of ['videos_chart_paged_1.json', 'videos_info_single.json']) {
      const file = truth['youtube/api_v3']!.files[name]!
      const own = files.get(name)!
      expect(own.map(({ post_id }) => post_id)).toEqual(file['ids'])
      expect(own.map((post) => new Date(Number(post.created_at) / 1000).toISOString())).toEqual(
        file['publishedAt'],
      )
      for (const { likes, comments, impressions } of own) {
        expect([likes, comments, impressions]).toEqual([null, null, null])
      }
    }
  })
})
