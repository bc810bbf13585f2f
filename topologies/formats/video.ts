import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import { constant, dayOf, ingestedAt, joined } from '../../src/core/projection/expression.ts'
import { marked, microsOf, separated } from '../../src/core/projection/expression.ts'
import { sourcePosition, wholeOf } from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { Post } from '../post.ts'
import { CountText } from './counts.ts'
import { hasAll, NonEmpty } from './presence.ts'
import { Timestamp } from './times.ts'

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

const SITE = 'https://youtu.be/'

export const urlOf = (videoId: string): string => `${SITE}${videoId}`

/** A video as a row of `silver/posts`. */
export const videoToPost = projection(Video, Post, (video) => {
  const text = joined(video.title, '\n', video.description)
  return {
    platform: constant('youtube'),
    date: dayOf(video.published_at),
    post_id: video.video_id,
    created_at: microsOf(video.published_at),
    author_id: video.channel_id,
    author_name: video.channel_title,
    author_followers: wholeOf(video.subscribers),
    author_verified: constant(null),
    author_created_at: microsOf(video.channel_created_at),
    text,
    lang: video.language,
    likes: wholeOf(video.like_count),
    shares: wholeOf(video.share_count),
    comments: wholeOf(video.comment_count),
    impressions: wholeOf(video.view_count),
    hashtags: separated(video.tags, '|'),
    mentions: marked(text, '@'),
    url: joined(SITE, video.video_id),
    source: constant('youtube'),
    ingested_at: ingestedAt,
    source_position: sourcePosition,
  }
})
