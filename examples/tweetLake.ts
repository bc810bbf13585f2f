import * as v from 'valibot'
import { decodeJson, defineTopology, hours, landingFiles, rawFiles, run } from '../src/index.ts'
import { validate, windowDedup } from '../src/index.ts'
import { deltaTable, quarantineTable } from '../src/parquet.ts'

const Tweet = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  lang: v.string(),
  text: v.string(),
  created_at: v.pipe(v.string(), v.isoTimestamp()),
})

/** Folders of JSON lines become one clean Delta table, with the raw bytes and all refused records beside it. */
export const tweetLake = ({ lake, landing }: { lake: string; landing: string }) =>
  defineTopology('tweet-lake', { rejects: quarantineTable({ lake }) }, (flow) => {
    const tweets = flow.source('tweets', landingFiles({ path: landing }))
    const bronze = tweets.to('bronze', rawFiles({ lake, path: 'bronze/tweets' }))
    const silver = tweets
      .via('decode', decodeJson())
      .via('validate', validate(Tweet))
      .via('dedup', windowDedup({ key: 'id', eventTime: created, windowMs: hours(24) }))
      .toTable('silver', deltaTable({ lake, path: 'silver/tweets', schema: Tweet }))
    return { tweets, bronze, silver }
  })

const created = (tweet: { readonly created_at: string }) => new Date(tweet.created_at)

if (import.meta.main) {
  const settings = { lake: './lake', landing: './landing' }
  const { tasks } = await run(tweetLake, { module: import.meta.url, settings }).done
  console.table(tasks[0]?.ledger, ['in', 'out', 'duplicate', 'late', 'rejected'])
}
