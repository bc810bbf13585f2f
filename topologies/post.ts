import * as v from 'valibot'
import { date, int64, timestamp, windowDedup } from '../src/index.ts'

/** One row of `silver/posts`: a post of any platform. Null is what the format it came in doesn't have. */
export const Post = v.object({
  platform: v.string(),
  /** The UTC day of `created_at`. */
  date: date(),
  post_id: v.string(),
  created_at: timestamp(),
  author_id: v.nullable(v.string()),
  author_name: v.nullable(v.string()),
  author_followers: v.nullable(int64()),
  author_verified: v.nullable(v.boolean()),
  author_created_at: v.nullable(timestamp()),
  text: v.string(),
  lang: v.nullable(v.string()),
  likes: v.nullable(int64()),
  shares: v.nullable(int64()),
  comments: v.nullable(int64()),
  impressions: v.nullable(int64()),
  /** Lower-cased and distinct, in order of first appearance; mentions too. */
  hashtags: v.array(v.string()),
  mentions: v.array(v.string()),
  url: v.nullable(v.string()),
  source: v.nullable(v.string()),
  ingested_at: timestamp(),
  source_position: v.string(),
})
export type Post = v.InferOutput<typeof Post>

/** Landed files come in any order of event time: every id is remembered. Of a topic, those of a day are. */
export const firstOfEachId = (windowMs: number) =>
  windowDedup<Post>({
    key: 'post_id',
    eventTime: (post) => Number(post.created_at) / 1000,
    windowMs,
  })
