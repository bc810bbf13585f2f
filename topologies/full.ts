import {
  decodeShapes,
  defineTopology,
  landingFiles,
  map,
  rawFiles,
  validate,
  windowDedup,
} from '../src/index.ts'
import { sqlModels } from '../src/duckdb.ts'
import { deltaTable, quarantineTable } from '../src/parquet.ts'
import { isMain } from './platform/isMain.ts'
import { Post } from './post.ts'
import { postFormats } from './postFormats.ts'

export interface FullSettings {
  /** The lake: a folder or `s3://bucket/prefix`. */
  readonly lake: string
  /** The landing zone: `<landing>/twitter`, `/reddit` and `/youtube`. */
  readonly landing: string
}

/** Posts from three platforms: raw bytes to Bronze, one clean table in Silver, a star schema in Gold. */
export const full = ({ lake, landing }: FullSettings) =>
  defineTopology('full', { rejects: quarantineTable({ lake }) }, (flow) => {
    const { twitter, reddit, youtube } = postFormats

    const tweets = flow.source(
      'twitter',
      landingFiles({ path: `${landing}/twitter`, shapes: twitter.shapes }),
    )
    tweets.to('bronze.twitter', rawFiles({ lake, path: 'bronze/twitter' }))
    const tweetPosts = tweets
      .via('twitter.decode', decodeShapes(twitter))
      .via('twitter.validate', validate(twitter.schema, twitter))
      .via('twitter.post', map(twitter.toPost))
      .via('twitter.dedup', firstOfEachId())

    const submissions = flow.source(
      'reddit',
      landingFiles({ path: `${landing}/reddit`, shapes: reddit.shapes }),
    )
    submissions.to('bronze.reddit', rawFiles({ lake, path: 'bronze/reddit' }))
    const redditPosts = submissions
      .via('reddit.decode', decodeShapes(reddit))
      .via('reddit.validate', validate(reddit.schema, reddit))
      .via('reddit.post', map(reddit.toPost))
      .via('reddit.dedup', firstOfEachId())

    const videos = flow.source(
      'youtube',
      landingFiles({ path: `${landing}/youtube`, shapes: youtube.shapes }),
    )
    videos.to('bronze.youtube', rawFiles({ lake, path: 'bronze/youtube' }))
    const videoPosts = videos
      .via('youtube.decode', decodeShapes(youtube))
      .via('youtube.validate', validate(youtube.schema, youtube))
      .via('youtube.post', map(youtube.toPost))
      .via('youtube.dedup', firstOfEachId())

    const posts = flow
      .merge('posts', tweetPosts, redditPosts, videoPosts)
      .toTable(
        'silver.posts',
        deltaTable({ lake, path: 'silver/posts', schema: Post, partitionBy: ['platform', 'date'] }),
      )
    const gold = flow.models(
      'gold',
      sqlModels({ lake, project: new URL('./models', import.meta.url), reads: { posts } }),
    )
    return { tweets, submissions, videos, posts, gold }
  })

/** Landed files come in any order of event time: every id is remembered and nothing is late. */
const firstOfEachId = () =>
  windowDedup<Post>({
    key: (post) => post.post_id,
    eventTime: (post) => Number(post.created_at) / 1000,
    windowMs: Infinity,
  })

if (isMain(import.meta.url)) await (await import('./platform/main.ts')).main(full, import.meta.url)
