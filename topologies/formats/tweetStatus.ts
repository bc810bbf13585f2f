import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { Count, sumOf } from './counts.ts'
import { hasAll, hasSome, isObject } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { distinctLower, hashtagsIn, mentionsIn } from './tags.ts'
import { apiMicros, ApiTime, dayOf, micros } from './times.ts'
import { tweetIdOf } from './tweetId.ts'

const Id = v.nullish(v.union([v.number(), v.bigint(), v.string()]))
const Text = v.nullish(v.string())
const Tally = v.nullish(Count)

const Entities = {
  hashtags: v.nullish(v.array(v.object({ text: v.string() }))),
  user_mentions: v.nullish(v.array(v.object({ screen_name: v.string() }))),
  urls: v.nullish(v.array(v.object({ expanded_url: Text, url: Text }))),
}

/**
 * A status of the Twitter API v1.1 and of its stream, and of the API of 2007, which had less of it. The
 * outer one of a retweet or quote; of `extended_tweet`, which some streamed ones carry beside a text cut
 * to 140 characters, nothing is taken, so that text and entities belong together.
 */
export const TweetStatus = v.pipe(
  v.custom<unknown>(
    (value) => isObject(value) && tweetIdOf(value) !== undefined,
    'Expected an id_str or id',
  ),
  v.object({
    id: Id,
    id_str: Text,
    created_at: ApiTime,
    full_text: Text,
    text: Text,
    lang: Text,
    source: Text,
    user: v.nullish(
      v.object({
        id: Id,
        id_str: Text,
        screen_name: Text,
        followers_count: Tally,
        verified: v.nullish(v.boolean()),
        created_at: v.nullish(ApiTime),
      }),
    ),
    favorite_count: Tally,
    retweet_count: Tally,
    quote_count: Tally,
    reply_count: Tally,
    entities: v.nullish(v.object(Entities)),
    // Where python-twitter wrote the status, its entities stand beside the text.
    ...Entities,
  }),
  v.check((status) => textOf(status) !== undefined, 'Expected a text or full_text'),
)
export type TweetStatus = v.InferOutput<typeof TweetStatus>

const isStatus = (keys: readonly string[]): boolean =>
  hasAll(keys, ['created_at', 'user']) && hasSome(keys, ['text', 'full_text'])

export const tweetStatusShapes = [
  {
    name: 'twitter.status',
    format: 'ndjson',
    matches: (keys) => isStatus(keys) && keys.includes('id_str'),
  },
  { name: 'twitter.status', format: 'json', matches: isStatus },
  { name: 'twitter.status', format: 'json', matches: isStatus, elements: ['statuses'] },
] as const satisfies readonly Shape[]

export function tweetStatusToPost(status: TweetStatus, envelope: Envelope): Post {
  const { user } = status
  const text = textOf(status)!
  const createdAt = micros(apiMicros, status.created_at)
  const { hashtags, user_mentions: mentions, urls } = status.entities ?? status
  const hasEntities = (hashtags ?? mentions ?? urls) != null
  const url = urls?.[0]
  return {
    platform: 'twitter',
    date: dayOf(createdAt),
    post_id: tweetIdOf(status)!,
    created_at: createdAt,
    author_id: (user && tweetIdOf({ id_str: user.id_str, id: user.id })) ?? null,
    author_name: user?.screen_name ?? null,
    author_followers: user?.followers_count ?? null,
    author_verified: user?.verified ?? null,
    author_created_at: user?.created_at ? micros(apiMicros, user.created_at) : null,
    text,
    lang: status.lang ?? null,
    likes: status.favorite_count ?? null,
    shares: sumOf(status.retweet_count, status.quote_count),
    comments: status.reply_count ?? null,
    impressions: null,
    hashtags: hasEntities ? distinctLower(hashtags?.map((tag) => tag.text)) : hashtagsIn(text),
    mentions: hasEntities
      ? distinctLower(mentions?.map((one) => one.screen_name))
      : mentionsIn(text),
    url: url?.expanded_url ?? url?.url ?? null,
    source: appOf(status.source),
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}

const textOf = (status: { full_text?: unknown; text?: unknown }): string | undefined =>
  [status.full_text, status.text].find((text) => typeof text === 'string')

/** The name within `<a href="…">name</a>`. */
const appOf = (source: string | null | undefined): string | null =>
  source?.replace(/^<a [^>]*>(.*)<\/a>$/s, '$1') ?? null
