import type { ReasonRule, Shape, StandardSchema, StatelessOperator } from '../src/index.ts'
import { projectShapes } from '../src/index.ts'
import type { Post } from './post.ts'
import { redditPost, RedditRecord, redditReasons, redditShapes } from './reddit.ts'
import { twitterPost, TwitterRecord, twitterReasons, twitterShapes } from './twitter.ts'
import { youtubePost, YoutubeRecord, youtubeReasons, youtubeShapes } from './youtube.ts'

/** What a platform's files look like, how a decoded record is checked and why it is refused, and its row. */
export interface PostFormat<Raw> {
  readonly shapes: readonly Shape[]
  /** The shape that a record of a topic has whose keys say nothing. */
  readonly otherwise?: string
  readonly schema: StandardSchema<Raw>
  readonly reasons: readonly ReasonRule[]
  readonly toPost: StatelessOperator<Raw, Post>
}

/** Per platform: what its files look like, how a record is checked and why it is refused, and its row. */
export const postFormats = {
  twitter: {
    shapes: twitterShapes,
    otherwise: 'twitter',
    schema: TwitterRecord,
    reasons: twitterReasons,
    toPost: projectShapes(twitterPost),
  },
  reddit: {
    shapes: redditShapes,
    schema: RedditRecord,
    reasons: redditReasons,
    toPost: projectShapes(redditPost),
  },
  youtube: {
    shapes: youtubeShapes,
    schema: YoutubeRecord,
    reasons: youtubeReasons,
    toPost: projectShapes(youtubePost),
  },
} as const
