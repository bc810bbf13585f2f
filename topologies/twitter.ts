import * as v from 'valibot'
import type { ShapeCases } from '../src/operators/projectShapes.ts'
import type { ReasonRule } from '../src/operators/validate/reasonOf.ts'
import { isNoCount, isNoCountText } from './formats/counts.ts'
import { isMissing, isObject, isPresent } from './formats/presence.ts'
import { Tweet, tweetShapes, tweetToPost } from './formats/tweet.ts'
import { tweetIdOf } from './formats/tweetId.ts'
import { TweetRow, tweetRowShapes, tweetRowToPost } from './formats/tweetRow.ts'
import { TweetStatus, tweetStatusShapes, tweetStatusToPost } from './formats/tweetStatus.ts'
import type { Post } from './post.ts'

/** What tweets come as: the platform's own NDJSON, statuses of the API v1.1, CSV exports. */
export const twitterShapes = [...tweetShapes, ...tweetStatusShapes, ...tweetRowShapes] as const

/** A decoded record of any of these shapes. */
export const TwitterRecord = v.variant('shape', [
  v.object({ shape: v.literal('twitter'), data: Tweet }),
  v.object({ shape: v.literal('twitter.status'), data: TweetStatus }),
  v.object({ shape: v.picklist(['twitter.csv', 'twitter.row']), data: TweetRow }),
])
export type TwitterRecord = v.InferOutput<typeof TwitterRecord>

const hasNoId = (data: unknown): boolean => !isObject(data) || tweetIdOf(data) === undefined

export const twitterReasons: readonly ReasonRule[] = [
  { reason: 'missing_id', paths: ['data.id'], when: isMissing },
  // In exports an id may stand in several places.
  { reason: 'missing_id', paths: ['data'], when: hasNoId },
  { reason: 'bad_timestamp', paths: ['data.created_at'] },
  { reason: 'bad_timestamp', paths: ['data.user.created_at'], when: isPresent },
  {
    reason: 'negative_count',
    paths: [
      ...['data.public_metrics.*', 'data.user.followers', 'data.user.followers_count'],
      ...['data.favorite_count', 'data.retweet_count', 'data.quote_count', 'data.reply_count'],
    ],
    when: isNoCount,
  },
  {
    reason: 'negative_count',
    paths: ['data.replies', 'data.retweets', 'data.favorites'],
    when: isNoCountText,
  },
]

/** A tweet as a row of `silver/posts`, by its shape. */
export const twitterPost: ShapeCases<TwitterRecord, Post> = {
  twitter: tweetToPost,
  'twitter.status': tweetStatusToPost,
  'twitter.csv': tweetRowToPost,
  'twitter.row': tweetRowToPost,
}
