import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as v from 'valibot'
import { Post } from '../../topologies/post.ts'
import { firstOfEach, readPosts, sum, tally, type Platform } from './readPosts.ts'

interface Expected {
  readonly records_in: number
  readonly rejected: number
  readonly rejected_by: Readonly<Record<string, number>>
  readonly duplicates: number
  readonly silver_rows: number
  readonly rows_by_date: Readonly<Record<string, number>>
  readonly sums: Readonly<Record<string, number>>
}

const fixture = new URL('../fixtures/contract/', import.meta.url)
const { platforms } = JSON.parse(readFileSync(new URL('expected.json', fixture), 'utf8')) as {
  readonly platforms: Readonly<Record<Platform, Expected>>
}
const DAY_MS = 86_400_000

describe.each(['twitter', 'reddit', 'youtube'] as const)(
  'the contract fixture of %s',
  (platform) => {
    const expected = platforms[platform]
    const read = readPosts(platform, new URL(`landing/${platform}`, fixture).pathname)

    test('rejects what it must, for the right reasons', async () => {
      const { records, rejected, repaired } = await read
      expect(records).toBe(expected.records_in)
      expect(tally(rejected.map(({ reason }) => reason))).toEqual(expected.rejected_by)
      expect(repaired).toBe(0)
    })

    test('gives the rows that it must', async () => {
      const { posts } = await read
      const rows = firstOfEach(posts)
      expect(posts.length - rows.length).toBe(expected.duplicates)
      expect(rows.length).toBe(expected.silver_rows)
      expect(tally(rows.map(({ date }) => date))).toEqual(expected.rows_by_date)
      expect({
        likes: sum(rows, 'likes'),
        shares: sum(rows, 'shares'),
        comments: sum(rows, 'comments'),
        impressions: sum(rows, 'impressions'),
        hashtags: rows.reduce((total, { hashtags }) => total + hashtags.length, 0),
        mentions: rows.reduce((total, { mentions }) => total + mentions.length, 0),
        text_chars: rows.reduce((total, { text }) => total + [...text].length, 0),
        followers: sum(rows, 'author_followers'),
        created_ms: rows.reduce(
          (total, post) => total + (Math.floor(Number(post.created_at) / 1000) % DAY_MS),
          0,
        ),
      }).toEqual(expected.sums)
    })

    test('gives rows that the schema of the table accepts', async () => {
      for (const post of (await read).posts) v.assert(Post, post)
    })
  },
)
