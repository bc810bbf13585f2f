import { decodeShapes, defineTopology, hours, rawFiles, validate } from '../../src/index.ts'
import { kafkaSource } from '../../src/kafka.ts'
import { deltaTable, quarantineTable } from '../../src/parquet.ts'
import { firstOfEachId, Post } from '../../topologies/post.ts'
import { postFormats } from '../../topologies/postFormats.ts'

export interface TweetLakeSettings {
  readonly lake: string
  readonly brokers: string
}

/** The platform's way of a tweet from the topic to Bronze and Silver. */
export const tweetLake = ({ lake, brokers }: TweetLakeSettings) =>
  defineTopology('tweet-lake', { rejects: quarantineTable({ lake }) }, (flow) => {
    const { twitter } = postFormats
    const tweets = flow.source('twitter', kafkaSource({ brokers, topic: 'tweets' }))
    tweets.to('bronze', rawFiles({ lake, path: 'bronze/twitter' }))
    const silver = tweets
      .via('decode', decodeShapes(twitter))
      .via('validate', validate(twitter.schema, twitter))
      .via('post', twitter.toPost)
      .via('dedup', firstOfEachId(hours(24)))
      .toTable(
        'silver',
        deltaTable({ lake, path: 'silver', schema: Post, partitionBy: ['platform', 'date'] }),
      )
    return { tweets, silver }
  })
