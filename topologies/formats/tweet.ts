import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { Count, sumOf } from './counts.ts'
import { hasSome, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { distinctLower } from './tags.ts'
import { isoMicros, Timestamp } from './times.ts'
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

export function tweetToPost(tweet: Tweet, envelope: Envelope): Post {
  const { user, public_metrics: metrics, entities } = tweet
  return {
    platform: 'twitter',
    date: tweet.created_at.slice(0, 10),
    post_id: tweet.id,
    created_at: isoMicros(tweet.created_at),
    author_id: user.id,
    author_name: user.username,
    author_followers: user.followers,
    author_verified: user.verified,
    author_created_at: isoMicros(user.created_at),
    text: tweet.text,
    lang: tweet.lang,
    likes: metrics.likes,
    shares: sumOf(metrics.retweets, metrics.quotes),
    comments: metrics.replies,
    impressions: metrics.impressions,
    hashtags: distinctLower(entities.hashtags),
    mentions: distinctLower(entities.mentions),
    url: entities.urls[0] ?? null,
    source: tweet.source,
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
