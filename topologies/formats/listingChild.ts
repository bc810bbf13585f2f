import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { Count, Score } from './counts.ts'
import { hasAll, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { hashtagsIn, mentionsIn } from './tags.ts'
import { dayOf, EpochFloat, epochMicros } from './times.ts'

const Text = v.nullish(v.string())

/** A child of a listing of the Reddit API: a post, 52 to 109 fields by its year. */
export const ListingChild = v.object({
  kind: v.literal('t3'),
  data: v.object({
    id: NonEmpty,
    author: Text,
    author_fullname: Text,
    subreddit: Text,
    title: v.string(),
    selftext: Text,
    created_utc: EpochFloat,
    ups: v.nullish(Score),
    score: v.nullish(Score),
    num_comments: v.nullish(Count),
    num_crossposts: v.nullish(Count),
    view_count: v.nullish(Count),
    permalink: Text,
  }),
})
export type ListingChild = v.InferOutput<typeof ListingChild>

/** What the API says in place of an author who left. */
export const DELETED = '[deleted]'

export const listingShapes = [
  {
    name: 'reddit.listing',
    format: 'json',
    matches: (keys) => hasAll(keys, ['kind', 'data']),
    elements: ['data', 'children'],
  },
] as const satisfies readonly Shape[]

export function listingChildToPost({ data }: ListingChild, envelope: Envelope): Post {
  const createdAt = epochMicros(data.created_utc)
  const text = `${data.title}\n${data.selftext ?? ''}`
  return {
    platform: 'reddit',
    date: dayOf(createdAt),
    post_id: data.id,
    created_at: createdAt,
    author_id: data.author_fullname ?? null,
    author_name: data.author === DELETED ? null : (data.author ?? null),
    author_followers: null,
    author_verified: null,
    author_created_at: null,
    text,
    lang: null,
    likes: data.ups ?? data.score ?? null,
    shares: data.num_crossposts ?? null,
    comments: data.num_comments ?? null,
    impressions: data.view_count ?? null,
    hashtags: hashtagsIn(text),
    mentions: mentionsIn(text),
    url: data.permalink ?? null,
    source: data.subreddit == null ? null : `r/${data.subreddit}`,
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
