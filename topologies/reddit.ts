import * as v from 'valibot'
import type { ShapeCases } from '../src/operators/projectShapes.ts'
import type { ReasonRule } from '../src/operators/validate/reasonOf.ts'
import { isNoCount } from './formats/counts.ts'
import { ListingChild, listingChildToPost, listingShapes } from './formats/listingChild.ts'
import { isMissing, isNoObject, isPresent } from './formats/presence.ts'
import { Submission, submissionShapes, submissionToPost } from './formats/submission.ts'
import { SubmissionRow, submissionRowShapes, submissionRowToPost } from './formats/submissionRow.ts'
import type { Post } from './post.ts'

/** What Reddit posts come as: the platform's own NDJSON, listings of the API, CSV exports. */
export const redditShapes = [...submissionShapes, ...listingShapes, ...submissionRowShapes] as const

/** A decoded record of any of these shapes. */
export const RedditRecord = v.variant('shape', [
  v.object({ shape: v.literal('reddit'), data: Submission }),
  v.object({ shape: v.literal('reddit.listing'), data: ListingChild }),
  v.object({ shape: v.literal('reddit.csv'), data: SubmissionRow }),
])
export type RedditRecord = v.InferOutput<typeof RedditRecord>

export const redditReasons: readonly ReasonRule[] = [
  { reason: 'missing_id', paths: ['data.id', 'data.data.id'], when: isMissing },
  { reason: 'missing_id', paths: ['data', 'data.data'], when: isNoObject },
  { reason: 'bad_timestamp', paths: ['data.created_utc', 'data.data.created_utc'] },
  { reason: 'bad_timestamp', paths: ['data.author.created_utc'], when: isPresent },
  {
    reason: 'negative_count',
    paths: ['num_comments', 'num_crossposts', 'view_count', 'ups', 'score', 'author.karma'].flatMap(
      (field) => [`data.${field}`, `data.data.${field}`],
    ),
    when: isNoCount,
  },
]

/** A Reddit post as a row of `silver/posts`, by its shape. */
export const redditPost: ShapeCases<RedditRecord, Post> = {
  reddit: submissionToPost,
  'reddit.listing': listingChildToPost,
  'reddit.csv': submissionRowToPost,
}
