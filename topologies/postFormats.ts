import { redditPost, RedditRecord, redditReasons, redditShapes } from './reddit.ts'
import { twitterPost, TwitterRecord, twitterReasons, twitterShapes } from './twitter.ts'
import { youtubePost, YoutubeRecord, youtubeReasons, youtubeShapes } from './youtube.ts'

/** Per platform: what its files look like, how a record is checked and why it is refused, and its row. */
export const postFormats = {
  twitter: {
    shapes: twitterShapes,
    schema: TwitterRecord,
    reasons: twitterReasons,
    toPost: twitterPost,
  },
  reddit: {
    shapes: redditShapes,
    schema: RedditRecord,
    reasons: redditReasons,
    toPost: redditPost,
  },
  youtube: {
    shapes: youtubeShapes,
    schema: YoutubeRecord,
    reasons: youtubeReasons,
    toPost: youtubePost,
  },
} as const
