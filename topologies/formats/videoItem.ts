import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { countOf, CountText } from './counts.ts'
import { hasAll, hasSome, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { distinctLower, mentionsIn } from './tags.ts'
import { isoMicros, Timestamp } from './times.ts'
import { urlOf } from './video.ts'

const Text = v.nullish(v.string())
const Tally = v.nullish(CountText)

/** An item of what `videos.list` of the YouTube API v3 answers. Its counts are strings. */
export const VideoItem = v.object({
  kind: v.literal('youtube#video'),
  id: NonEmpty,
  snippet: v.object({
    publishedAt: Timestamp,
    channelId: Text,
    channelTitle: Text,
    title: v.string(),
    description: Text,
    tags: v.nullish(v.array(v.string())),
    defaultLanguage: Text,
    defaultAudioLanguage: Text,
  }),
  statistics: v.nullish(v.object({ viewCount: Tally, likeCount: Tally, commentCount: Tally })),
})
export type VideoItem = v.InferOutput<typeof VideoItem>

/** Parts that videos have and the results of a search, which look alike otherwise, don't. */
const VIDEO_PARTS = [
  ...['statistics', 'contentDetails', 'status', 'player', 'topicDetails', 'recordingDetails'],
  ...['liveStreamingDetails', 'localizations', 'fileDetails', 'processingDetails', 'suggestions'],
]

export const videoItemShapes = [
  {
    name: 'youtube.api',
    format: 'json',
    matches: (keys) => hasAll(keys, ['kind', 'id', 'snippet']) && hasSome(keys, VIDEO_PARTS),
    elements: ['items'],
  },
] as const satisfies readonly Shape[]

export function videoItemToPost({ id, snippet, statistics }: VideoItem, envelope: Envelope): Post {
  const text = `${snippet.title}\n${snippet.description ?? ''}`
  return {
    platform: 'youtube',
    date: snippet.publishedAt.slice(0, 10),
    post_id: id,
    created_at: isoMicros(snippet.publishedAt),
    author_id: snippet.channelId ?? null,
    author_name: snippet.channelTitle ?? null,
    author_followers: null,
    author_verified: null,
    author_created_at: null,
    text,
    lang: snippet.defaultLanguage ?? snippet.defaultAudioLanguage ?? null,
    likes: countOf(statistics?.likeCount),
    shares: null,
    comments: countOf(statistics?.commentCount),
    impressions: countOf(statistics?.viewCount),
    hashtags: distinctLower(snippet.tags ?? []),
    mentions: mentionsIn(text),
    url: urlOf(id),
    source: 'youtube',
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
