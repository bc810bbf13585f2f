import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { countOf, CountTextOrEmpty } from './counts.ts'
import { hasAll, hasSome, isObject } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { hashtagsIn, mentionsIn } from './tags.ts'
import { dayOf, micros, shortMicros, ShortTime } from './times.ts'
import { tweetIdOf } from './tweetId.ts'

const Text = v.optional(v.string())
const Tally = v.optional(CountTextOrEmpty)

/** A row of a CSV of tweets: no entities, no impressions, and the author by name alone. */
export const TweetRow = v.pipe(
  v.custom<unknown>(
    (value) => isObject(value) && tweetIdOf(value) !== undefined,
    'Expected an id_str, url or id',
  ),
  v.object({
    id_str: Text,
    url: Text,
    id: Text,
    created_at: ShortTime,
    text: v.string(),
    replies: Tally,
    retweets: Tally,
    favorites: Tally,
    user: Text,
  }),
)
export type TweetRow = v.InferOutput<typeof TweetRow>

/** Whether these are columns of such a row. */
export const isTweetRow = (columns: readonly string[]): boolean =>
  hasAll(columns, ['created_at', 'text']) &&
  hasSome(columns, ['id_str', 'url', 'id']) &&
  hasSome(columns, ['replies', 'retweets', 'favorites'])

/** Rows as they are in files, and as objects in a topic. */
export const tweetRowShapes = [
  { name: 'twitter.csv', format: 'csv', matches: isTweetRow },
  { name: 'twitter.row', format: 'ndjson', matches: isTweetRow },
] as const satisfies readonly Shape[]

export function tweetRowToPost(row: TweetRow, envelope: Envelope): Post {
  const createdAt = micros(shortMicros, row.created_at)
  return {
    platform: 'twitter',
    date: dayOf(createdAt),
    post_id: tweetIdOf(row)!,
    created_at: createdAt,
    author_id: null,
    author_name: row.user || null,
    author_followers: null,
    author_verified: null,
    author_created_at: null,
    text: row.text,
    lang: null,
    likes: countOf(row.favorites),
    shares: countOf(row.retweets),
    comments: countOf(row.replies),
    impressions: null,
    hashtags: hashtagsIn(row.text),
    mentions: mentionsIn(row.text),
    url: row.url || null,
    source: null,
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
