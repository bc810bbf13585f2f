import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import { constant, dayOfSeconds, ingestedAt, joined } from '../../src/core/projection/expression.ts'
import { marked, microsOfSeconds, sourcePosition } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { Post } from '../post.ts'
import { Count } from './counts.ts'
import { hasSome, NonEmpty } from './presence.ts'
import { EpochSeconds } from './times.ts'

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

/** A Reddit post as a row of `silver/posts`. */
export const submissionToPost = projection(Submission, Post, (submission) => {
  const { author } = submission
  const text = joined(submission.title, '\n', submission.selftext)
  return {
    platform: constant('reddit'),
    date: dayOfSeconds(submission.created_utc),
    post_id: submission.id,
    created_at: microsOfSeconds(submission.created_utc),
    author_id: author.id,
    author_name: author.name,
    author_followers: author.karma,
    author_verified: constant(null),
    author_created_at: microsOfSeconds(author.created_utc),
    text,
    lang: submission.lang,
    likes: submission.ups,
    shares: submission.num_crossposts,
    comments: submission.num_comments,
    impressions: submission.view_count,
    hashtags: marked(text, '#'),
    mentions: marked(text, '@'),
    url: submission.permalink,
    source: joined('r/', submission.subreddit),
    ingested_at: ingestedAt,
    source_position: sourcePosition,
  }
})
