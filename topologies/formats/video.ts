import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { countOf, CountText } from './counts.ts'
import { hasAll, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { distinctLower, mentionsIn } from './tags.ts'
import { isoMicros, Timestamp } from './times.ts'

/** A video as the landing zone carries it: a CSV row. */
export const Video = v.object({
  video_id: NonEmpty,
  channel_id: NonEmpty,
  channel_title: v.string(),
  subscribers: CountText,
  channel_created_at: Timestamp,
  title: v.string(),
  description: v.string(),
  tags: v.string(),
  published_at: Timestamp,
  language: v.string(),
  view_count: CountText,
  like_count: CountText,
  comment_count: CountText,
  share_count: CountText,
  duration_s: CountText,
})
export type Video = v.InferOutput<typeof Video>

const COLUMNS = Object.keys(Video.entries)

export const videoShapes = [
  { name: 'youtube', format: 'csv', matches: (columns) => hasAll(columns, COLUMNS) },
] as const satisfies readonly Shape[]

export const urlOf = (videoId: string): string => `https://youtu.be/${videoId}`

/** The tags of a column that holds them as `a|b`. */
export const tagsOf = (tags: string): string[] =>
  distinctLower(tags.split('|').filter((tag) => tag !== ''))

export function videoToPost(video: Video, envelope: Envelope): Post {
  const text = `${video.title}\n${video.description}`
  return {
    platform: 'youtube',
    date: video.published_at.slice(0, 10),
    post_id: video.video_id,
    created_at: isoMicros(video.published_at),
    author_id: video.channel_id,
    author_name: video.channel_title,
    author_followers: countOf(video.subscribers),
    author_verified: null,
    author_created_at: isoMicros(video.channel_created_at),
    text,
    lang: video.language,
    likes: countOf(video.like_count),
    shares: countOf(video.share_count),
    comments: countOf(video.comment_count),
    impressions: countOf(video.view_count),
    hashtags: tagsOf(video.tags),
    mentions: mentionsIn(text),
    url: urlOf(video.video_id),
    source: 'youtube',
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
