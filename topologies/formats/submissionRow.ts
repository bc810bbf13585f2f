import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { countOf, CountTextOrEmpty, ScoreTextOrEmpty } from './counts.ts'
import { DELETED } from './listingChild.ts'
import { hasAll, hasSome, NonEmpty } from './presence.ts'
import { fileName, ingestedAt, positionOf } from './sourceOf.ts'
import { hashtagsIn, mentionsIn } from './tags.ts'
import { dayOf, EpochText, epochTextMicros, micros } from './times.ts'

const Text = v.optional(v.string())

/** A row of a CSV export of one subreddit, which gives the file its name. */
export const SubmissionRow = v.object({
  id: NonEmpty,
  author: Text,
  subreddit: Text,
  title: v.string(),
  selftext: Text,
  created_utc: EpochText,
  ups: v.optional(ScoreTextOrEmpty),
  score: v.optional(ScoreTextOrEmpty),
  num_comments: v.optional(CountTextOrEmpty),
  permalink: Text,
})
export type SubmissionRow = v.InferOutput<typeof SubmissionRow>

export const submissionRowShapes = [
  {
    name: 'reddit.csv',
    format: 'csv',
    matches: (columns) =>
      hasAll(columns, ['id', 'title', 'created_utc']) && hasSome(columns, ['ups', 'score']),
  },
] as const satisfies readonly Shape[]

export function submissionRowToPost(row: SubmissionRow, envelope: Envelope): Post {
  const createdAt = micros(epochTextMicros, row.created_utc)
  const text = `${row.title}\n${row.selftext ?? ''}`
  return {
    platform: 'reddit',
    date: dayOf(createdAt),
    post_id: row.id,
    created_at: createdAt,
    author_id: null,
    author_name: row.author === DELETED ? null : row.author || null,
    author_followers: null,
    author_verified: null,
    author_created_at: null,
    text,
    lang: null,
    likes: countOf(row.ups) ?? countOf(row.score),
    shares: null,
    comments: countOf(row.num_comments),
    impressions: null,
    hashtags: hashtagsIn(text),
    mentions: mentionsIn(text),
    url: row.permalink || null,
    source: `r/${row.subreddit || fileName(envelope)}`,
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
