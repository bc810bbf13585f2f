import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { hours } from '../../src/core/durations.ts'
import type {
  Flow,
  ModelsHandle,
  SinkHandle,
  Stream,
  TableHandle,
  Topology,
} from '../../src/core/topology.ts'
import type { Rejected } from '../../src/core/unit.ts'
import { sqlModels } from '../../src/models/sqlModels.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { filter } from '../../src/operators/filter.ts'
import { map } from '../../src/operators/map.ts'
import { validate } from '../../src/operators/validate.ts'
import { windowDedup } from '../../src/operators/windowDedup.ts'
import { run, type Run } from '../../src/runtime/run.ts'
import { deltaTable } from '../../src/sinks/delta/deltaTable.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { rawFiles } from '../../src/sinks/rawFiles.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'
import { memorySource } from '../../src/sources/memorySource.ts'

const lake = 'memory:types'
const Tweet = v.object({ id: v.string(), createdAt: v.date(), likes: v.number() })
const Post = v.object({ platform: v.string(), date: v.string(), post_id: v.string() })
type Tweet = v.InferOutput<typeof Tweet>
type Post = v.InferOutput<typeof Post>
interface Settings {
  readonly lake: string
}

const toPost = (tweet: Tweet): Post => ({
  platform: 'twitter',
  date: tweet.createdAt.toISOString().slice(0, 10),
  post_id: tweet.id,
})
const bytes = (): Uint8Array[] => []
const rejects = quarantineTable({ lake })
const onlyTweets = windowDedup<Tweet>({
  key: (tweet) => tweet.id,
  eventTime: (tweet) => tweet.createdAt,
  windowMs: hours(24),
})

export const tweetLake = ({ lake }: Settings) =>
  defineTopology('tweet-lake', { rejects: quarantineTable({ lake }) }, (flow) => {
    const tweets = flow.source('tweets', memorySource(bytes()))
    const bronze = tweets.to('bronze', rawFiles({ lake, path: 'bronze/twitter' }))
    const silver = tweets
      .via('decode', decodeJson())
      .via('validate', validate(Tweet))
      .via(
        'dedup',
        windowDedup({
          key: (tweet) => tweet.id,
          eventTime: (tweet) => tweet.createdAt,
          windowMs: hours(24),
        }),
      )
      .via('post', map(toPost))
      .toTable(
        'silver.posts',
        deltaTable({
          lake,
          path: 'silver/posts',
          schema: Post,
          partitionBy: ['platform', 'date'],
        }),
      )
    const gold = flow.models('gold', sqlModels({ lake, project: '.', reads: { posts: silver } }))
    return { tweets, bronze, silver, gold }
  })

test('a topology types its handles, with no type argument in a user’s code', () => {
  expectTypeOf(tweetLake).parameters.toEqualTypeOf<[Settings]>()
  type Handles = ReturnType<typeof tweetLake>['handles']
  expectTypeOf<Handles['tweets']>().toEqualTypeOf<Stream<Uint8Array, true>>()
  expectTypeOf<Handles['bronze']>().toEqualTypeOf<SinkHandle<Uint8Array>>()
  expectTypeOf<Handles['silver']>().toEqualTypeOf<TableHandle<Post>>()
  expectTypeOf<Handles['gold']>().toEqualTypeOf<ModelsHandle>()
  expectTypeOf(tweetLake({ lake })).toExtend<Topology<{ silver: TableHandle<Post> }>>()
  // @ts-expect-error no such handle
  void tweetLake({ lake }).handles.nope
})

test('run types the settings that a topology takes', () => {
  const module = import.meta.url
  expectTypeOf(run(tweetLake, { module, settings: { lake } })).toEqualTypeOf<Run>()
  // @ts-expect-error a setting by another name
  run(tweetLake, { module, settings: { lke: '' } })
  // @ts-expect-error a setting of another type
  run(tweetLake, { module, settings: { lake: 5 } })
  // @ts-expect-error a function can't travel without the module that it is in
  run(tweetLake, { settings: { lake } })
})

test('each verb infers what the next one is given', () => {
  defineTopology('inference', { rejects }, (flow) => {
    const raw = flow.source('raw', memorySource(bytes()))
    expectTypeOf(raw).toEqualTypeOf<Stream<Uint8Array, true>>()
    const decoded = raw.via('decode', decodeJson())
    expectTypeOf(decoded).toEqualTypeOf<Stream<unknown, true>>()
    const valid = decoded.via('validate', validate(Tweet))
    expectTypeOf(valid).toEqualTypeOf<Stream<Tweet, true>>()
    expectTypeOf(valid.via('dedup', onlyTweets)).toEqualTypeOf<Stream<Tweet, true>>()
    expectTypeOf(valid.via('post', map(toPost))).toEqualTypeOf<Stream<Post, true>>()
    const popular = valid.via(
      'popular',
      filter((tweet) => tweet.likes > 100),
    )
    expectTypeOf(popular).toEqualTypeOf<Stream<Tweet, true>>()
    return {}
  })
})

test('what rejects records is refused where nobody takes them', () => {
  defineTopology('bare', (flow) => {
    const raw = flow.source('raw', memorySource(bytes()))
    expectTypeOf(raw).toEqualTypeOf<Stream<Uint8Array, false>>()
    const lengths = map((value: Uint8Array) => value.length)
    expectTypeOf(raw.via('length', lengths)).toEqualTypeOf<Stream<number, false>>()
    const files = landingFiles({ path: '.' })
    // @ts-expect-error a source with rejects
    flow.source('files', files)
    // @ts-expect-error an operator with rejects
    raw.via('decode', decodeJson())
    const { out, rejected } = raw.split('decode', decodeJson())
    expectTypeOf(out).toEqualTypeOf<Stream<unknown, false>>()
    const mine = rejected.toTable('mine', rejects)
    expectTypeOf(mine).toEqualTypeOf<TableHandle<Rejected>>()
    const valid = out.split('validate', validate(Tweet))
    // @ts-expect-error late records count as well
    valid.out.via('dedup', onlyTweets)
    const odd = filter((tweet: Tweet) => tweet.likes % 2 === 1)
    expectTypeOf(valid.out.via('odd', odd)).toEqualTypeOf<Stream<Tweet, false>>()
    const strict = map(toPost, { onError: 'reject' })
    // @ts-expect-error an operator that rejects by choice
    valid.out.via('strict', strict)
    return { out }
  })
})

test('split hands out every port by name, with the type of its records', () => {
  defineTopology('ports', { rejects }, (flow) => {
    const tweets = flow.source('tweets', memorySource([] as Tweet[]))
    const dedup = tweets.split(
      'dedup',
      windowDedup({ key: (t) => t.id, eventTime: (t) => t.createdAt, windowMs: 1 }),
    )
    expectTypeOf(dedup.out).toEqualTypeOf<Stream<Tweet, true>>()
    expectTypeOf(dedup.duplicate).toEqualTypeOf<Stream<Tweet, true>>()
    expectTypeOf(dedup.late).toEqualTypeOf<Stream<Rejected, true>>()
    // @ts-expect-error no such port
    void dedup.filtered
    const even = tweets.split(
      'even',
      filter((tweet) => tweet.likes % 2 === 0),
    )
    expectTypeOf(even.filtered).toEqualTypeOf<Stream<Tweet, true>>()
    const plain = tweets.split('post', map(toPost))
    expectTypeOf(plain.out).toEqualTypeOf<Stream<Post, true>>()
    // @ts-expect-error map rejects nothing
    void plain.rejected
    return {}
  })
})

test('merge gives the union of what it joins', () => {
  defineTopology('union', { rejects }, (flow) => {
    const tweets = flow.source('tweets', memorySource([] as Tweet[]))
    const dedup = tweets.split('dedup', onlyTweets)
    const posts = tweets.via('post', map(toPost))
    expectTypeOf(flow.merge('one', posts)).toEqualTypeOf<Stream<Post, true>>()
    expectTypeOf(flow.merge('same', dedup.out, tweets)).toEqualTypeOf<Stream<Tweet, true>>()
    const three = flow.merge('three', dedup.out, dedup.late, posts)
    expectTypeOf(three).toEqualTypeOf<Stream<Tweet | Rejected | Post, true>>()
    // @ts-expect-error nothing to merge
    flow.merge('none')
    return {}
  })
})

test('a wrong key, sink, row or partition column is refused at the argument', () => {
  defineTopology('refusals', { rejects }, (flow) => {
    const raw = flow.source('raw', memorySource(bytes()))
    const tweets = raw.via('decode', decodeJson()).via('validate', validate(Tweet))
    const posts = tweets.via('post', map(toPost))
    const window = { eventTime: (tweet: Tweet) => tweet.createdAt, windowMs: 1 }
    // @ts-expect-error no such field to be the key
    tweets.via('a', windowDedup({ key: (tweet) => String(tweet.nope), ...window }))
    // @ts-expect-error a key must be a string
    tweets.via('b', windowDedup({ key: (tweet) => tweet.likes, ...window }))
    tweets.via('f', windowDedup({ key: 'id', ...window }))
    // @ts-expect-error a key is a string
    tweets.via('g', windowDedup({ key: 'likes', ...window }))
    // @ts-expect-error there is no such field
    tweets.via('h', windowDedup({ key: 'nope', ...window }))
    const timeless = { key: (tweet: Tweet) => tweet.id, windowMs: 1 }
    // @ts-expect-error an event time is a Date or a number
    tweets.via('c', windowDedup({ ...timeless, eventTime: (tweet) => tweet.id }))
    // @ts-expect-error no window
    tweets.via('d', windowDedup({ key: (tweet) => tweet.id, eventTime: (t) => t.createdAt }))
    // @ts-expect-error an operator for other records
    posts.via('e', onlyTweets)
    // @ts-expect-error bytes, where tweets are
    tweets.to('f', rawFiles({ lake, path: 'bronze' }))
    // @ts-expect-error a sink of other records
    tweets.to('g', memorySink<Post>())
    // @ts-expect-error a table is attached with toTable
    posts.to('h', deltaTable({ lake, path: 'h', schema: Post }))
    // @ts-expect-error a sink is attached with to
    raw.toTable('i', rawFiles({ lake, path: 'bronze' }))
    // @ts-expect-error rows of another schema
    tweets.toTable('j', deltaTable({ lake, path: 'j', schema: Post }))
    const table = { lake, path: 'k', schema: Post }
    // @ts-expect-error no such partition column
    posts.toTable('k', deltaTable({ ...table, partitionBy: ['platform', 'nope'] }))
    // @ts-expect-error a source is no operator
    raw.via('l', memorySource([1]))
    // @ts-expect-error quarantine takes rejected records only
    posts.toTable('m', rejects)
    return {}
  })
  // @ts-expect-error rejects need a table of rejected records
  defineTopology('n', { rejects: deltaTable({ lake, path: 'n', schema: Post }) }, () => ({}))
  // @ts-expect-error a builder returns its handles
  defineTopology('o', () => {})
})

test('a row may have more fields than the table has columns', () => {
  defineTopology('wide', (flow) => {
    const wide = flow.source('wide', memorySource([] as (Post & { readonly extra: Date })[]))
    const table = deltaTable({ lake, path: 'wide', schema: Post, partitionBy: ['date'] })
    expectTypeOf(wide.toTable('table', table).name).toEqualTypeOf<string>()
    return {}
  })
})

test('a part of a flow can be a function of the user’s own', () => {
  const clean = (from: Stream<Uint8Array, true>, name: string) =>
    from.via(`${name}.decode`, decodeJson()).via(`${name}.validate`, validate(Tweet))
  const add = (flow: Flow<true>, name: string) =>
    clean(flow.source(name, memorySource(bytes())), name)
  defineTopology('parts', { rejects }, (flow) => {
    const both = flow.merge('both', add(flow, 'a'), add(flow, 'b'))
    expectTypeOf(both).toEqualTypeOf<Stream<Tweet, true>>()
    return { both }
  })
})
