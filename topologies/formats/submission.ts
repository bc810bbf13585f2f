import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { Count } from './counts.ts'
import { hasSome, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { hashtagsIn, mentionsIn } from './tags.ts'
import { dayOf, epochMicros, EpochSeconds } from './times.ts'

/** A Reddit post as the landing zone carries it. */
export const Submission = v.object({
  id: NonEmpty,
  author: v.object({ id: NonEmpty, name: v.string(), karma: Count, created_utc: EpochSeconds }),
  subreddit: v.string(),
  title: v.string(),
  selftext: v.string(),
  created_utc: EpochSeconds,
  lang: v.string(),
  ups: Count,
  upvote_ratio: v.number(),
  num_comments: Count,
  num_crossposts: Count,
  view_count: Count,
  over_18: v.boolean(),
  flair: v.nullish(v.string()),
  permalink: v.string(),
})
export type Submission = v.InferOutput<typeof Submission>

const KEYS = Object.keys(Submission.entries)

export const submissionShapes = [
  {
    name: 'reddit',
    format: 'ndjson',
    // A record or two may lack keys.
    matches: (keys) => hasSome(keys, KEYS, 8),
  },
] as const satisfies readonly Shape[]

export function submissionToPost(submission: Submission, envelope: Envelope): Post {
  const { author } = submission
  const createdAt = epochMicros(submission.created_utc)
  const text = `${submission.title}\n${submission.selftext}`
  return {
    platform: 'reddit',
    date: dayOf(createdAt),
    post_id: submission.id,
    created_at: createdAt,
    author_id: author.id,
    author_name: author.name,
    author_followers: author.karma,
    author_verified: null,
    author_created_at: epochMicros(author.created_utc),
    text,
    lang: submission.lang,
    likes: submission.ups,
    shares: submission.num_crossposts,
    comments: submission.num_comments,
    impressions: submission.view_count,
    hashtags: hashtagsIn(text),
    mentions: mentionsIn(text),
    url: submission.permalink,
    source: `r/${submission.subreddit}`,
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
