import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import type { Stream } from '../../src/core/topology.ts'
import type { Rejected } from '../../src/core/unit.ts'
import { decodeCsv } from '../../src/operators/decodeCsv.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { decodeShapes } from '../../src/operators/decodeShapes.ts'
import { filter } from '../../src/operators/filter.ts'
import { flatMap } from '../../src/operators/flatMap.ts'
import { map } from '../../src/operators/map.ts'
import { validate } from '../../src/operators/validate.ts'

interface Tweet {
  readonly id: string
  readonly likes: number
  readonly lang: string | null
}
declare const tweets: Stream<Tweet, true>
declare const bare: Stream<Tweet, false>
declare const bytes: Stream<Uint8Array, true>

/** One line each, so that an error and its expectation stand together. */
const via: typeof bare.via = (name, operator) => bare.via(name, operator)
const split: typeof bare.split = (name, operator) => bare.split(name, operator)

test('map infers what comes in and what goes out', () => {
  const likes = tweets.via(
    'likes',
    map((tweet) => tweet.likes),
  )
  expectTypeOf(likes).toEqualTypeOf<Stream<number, true>>()
  const placed = tweets.via(
    'place',
    map((tweet, envelope) => ({ id: tweet.id, source: envelope.source })),
  )
  expectTypeOf(placed).toEqualTypeOf<Stream<{ id: string; source: string }, true>>()
  tweets.via(
    'nope',
    // @ts-expect-error no such field
    map((tweet) => String(tweet.nope)),
  )
})

test('onError adds the rejected port, which somebody must take', () => {
  const likes = (tweet: Tweet) => tweet.likes
  const { out, rejected } = split('likes', map(likes, { onError: 'reject' }))
  expectTypeOf(out).toEqualTypeOf<Stream<number, false>>()
  expectTypeOf(rejected).toEqualTypeOf<Stream<Rejected, false>>()
  via('fine', map(likes))
  via('fine', map(likes, { onError: 'throw' }))
  // @ts-expect-error nobody takes what is rejected
  via('map', map(likes, { onError: 'reject' }))
  // @ts-expect-error without onError there is no such port
  expectTypeOf(split('map', map(likes)).rejected)
  // @ts-expect-error no such choice
  map(likes, { onError: 'ignore' })
})

test('filter keeps the type, or narrows it', () => {
  const { out, filtered } = split(
    'popular',
    filter((tweet) => tweet.likes > 10),
  )
  expectTypeOf(out).toEqualTypeOf<Stream<Tweet, false>>()
  expectTypeOf(filtered).toEqualTypeOf<Stream<Tweet, false>>()
  type English = Tweet & { lang: 'en' }
  const isEnglish = (tweet: Tweet): tweet is English => tweet.lang === 'en'
  expectTypeOf(via('english', filter(isEnglish))).toEqualTypeOf<Stream<English, false>>()
  // @ts-expect-error nobody takes what is rejected
  via('english', filter(isEnglish, { onError: 'reject' }))
  tweets.via(
    'nope',
    // @ts-expect-error no such field
    filter((tweet) => tweet.nope > 10),
  )
})

test('flatMap takes any iterable', () => {
  const characters = tweets.via(
    'characters',
    flatMap((tweet) => tweet.id),
  )
  expectTypeOf(characters).toEqualTypeOf<Stream<string, true>>()
  const twice = tweets.via(
    'twice',
    flatMap((tweet) => [tweet, tweet]),
  )
  expectTypeOf(twice).toEqualTypeOf<Stream<Tweet, true>>()
  tweets.via(
    'likes',
    // @ts-expect-error a number can't be iterated
    flatMap((tweet) => tweet.likes),
  )
})

test('decoders take bytes', () => {
  expectTypeOf(bytes.via('json', decodeJson())).toEqualTypeOf<Stream<unknown, true>>()
  expectTypeOf(bytes.via('csv', decodeCsv())).toEqualTypeOf<Stream<Record<string, string>, true>>()
  // @ts-expect-error these are no bytes
  tweets.via('json', decodeJson())
  // @ts-expect-error nobody takes what is rejected
  via('json', decodeJson())
})

test('decodeShapes gives a union that the name of the shape tells apart', () => {
  const matches = () => true
  const shapes = [
    { name: 'rows', format: 'csv', matches },
    { name: 'lines', format: 'ndjson', matches },
  ] as const
  expectTypeOf(bytes.via('decode', decodeShapes({ shapes }))).toEqualTypeOf<
    Stream<
      | { readonly shape: 'rows'; readonly data: Record<string, string> }
      | { readonly shape: 'lines'; readonly data: unknown },
      true
    >
  >()
})

test('validate gives what the schema gives', () => {
  const schema = v.object({ id: v.string(), tags: v.optional(v.array(v.string()), []) })
  const valid = bytes.via('json', decodeJson()).via('validate', validate(schema))
  expectTypeOf(valid).toEqualTypeOf<Stream<{ id: string; tags: string[] }, true>>()
  const ids = valid.via(
    'id',
    map((record) => record.id),
  )
  expectTypeOf(ids).toEqualTypeOf<Stream<string, true>>()
  // @ts-expect-error no schema
  validate({ id: 'string' })
})
