import { decodeShapes, defineTopology, landingFiles, rawFiles, validate } from '../../src/index.ts'
import { deltaTable, quarantineTable } from '../../src/parquet.ts'
import { firstOfEachId, Post } from '../../topologies/post.ts'
import { postFormats } from '../../topologies/postFormats.ts'

export interface TweetLakeSettings {
  readonly lake: string
  readonly landing: string
  /** Whether the raw bytes are kept too. */
  readonly bronze: boolean
}

/** The platform's way of a tweet from its raw file to Silver. */
export const tweetLake = ({ lake, landing, bronze }: TweetLakeSettings) =>
  defineTopology('tweet-lake', { rejects: quarantineTable({ lake }) }, (flow) => {
    const { twitter } = postFormats
    const source = landingFiles({ path: `${landing}/twitter`, shapes: twitter.shapes })
    const tweets = flow.source('twitter', source)
    if (bronze) tweets.to('bronze', rawFiles({ lake, path: 'bronze/twitter' }))
    const silver = tweets
      .via('decode', decodeShapes(twitter))
      .via('validate', validate(twitter.schema, twitter))
      .via('post', twitter.toPost)
      .via('dedup', firstOfEachId(Infinity))
      .toTable(
        'silver',
        deltaTable({ lake, path: 'silver', schema: Post, partitionBy: ['platform', 'date'] }),
      )
    return { tweets, silver }
  })
