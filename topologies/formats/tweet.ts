import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import { constant, dayOf, distinctLower, first } from '../../src/core/projection/expression.ts'
import { ingestedAt, microsOf, sourcePosition, sum } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { Post } from '../post.ts'
import { Count } from './counts.ts'
import { hasSome, NonEmpty } from './presence.ts'
import { Timestamp } from './times.ts'
import { isTweetRow } from './tweetRow.ts'

/** A tweet as the landing zone and the topic carry it. */
export const Tweet = v.object({
  id: NonEmpty,
  user: v.object({
    id: NonEmpty,
    username: v.string(),
    followers: Count,
    verified: v.boolean(),
    created_at: Timestamp,
  }),
  text: v.string(),
  created_at: Timestamp,
  lang: v.string(),
  public_metrics: v.object({
    likes: Count,
    retweets: Count,
    replies: Count,
    quotes: Count,
    impressions: Count,
  }),
  entities: v.object({
    hashtags: v.array(v.string()),
    mentions: v.array(v.string()),
    urls: v.array(v.string()),
  }),
  source: v.string(),
})
export type Tweet = v.InferOutput<typeof Tweet>

const KEYS = Object.keys(Tweet.entries)

export const tweetShapes = [
  {
    name: 'twitter',
    format: 'ndjson',
    // A record or two may lack keys; the API's own statuses have some of them too, and an `id_str`.
    matches: (keys) =>
      keys.includes('public_metrics') ||
      (hasSome(keys, KEYS, 4) && !keys.includes('id_str') && !isTweetRow(keys)),
  },
] as const satisfies readonly Shape[]

/** A tweet as a row of `silver/posts`. */
export const tweetToPost = projection(Tweet, Post, (tweet) => ({
  platform: constant('twitter'),
  date: dayOf(tweet.created_at),
  post_id: tweet.id,
  created_at: microsOf(tweet.created_at),
  author_id: tweet.user.id,
  author_name: tweet.user.username,
  author_followers: tweet.user.followers,
  author_verified: tweet.user.verified,
  author_created_at: microsOf(tweet.user.created_at),
  text: tweet.text,
  lang: tweet.lang,
  likes: tweet.public_metrics.likes,
  shares: sum(tweet.public_metrics.retweets, tweet.public_metrics.quotes),
  comments: tweet.public_metrics.replies,
  impressions: tweet.public_metrics.impressions,
  hashtags: distinctLower(tweet.entities.hashtags),
  mentions: distinctLower(tweet.entities.mentions),
  url: first(tweet.entities.urls),
  source: tweet.source,
  ingested_at: ingestedAt,
  source_position: sourcePosition,
}))
