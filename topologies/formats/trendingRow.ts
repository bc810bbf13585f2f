import * as v from 'valibot'
import type { Shape } from '../../src/core/shape.ts'
import type { Envelope } from '../../src/core/unit.ts'
import type { Post } from '../post.ts'
import { countOf, CountTextOrEmpty } from './counts.ts'
import { hasAll, NonEmpty } from './presence.ts'
import { ingestedAt, positionOf } from './sourceOf.ts'
import { mentionsIn, tagsIn } from './tags.ts'
import { isoMicros, Timestamp } from './times.ts'
import { urlOf } from './video.ts'

const Tally = v.optional(CountTextOrEmpty)

/** A row of a CSV of trending videos. On which day it was trending says nothing of the video. */
export const TrendingRow = v.object({
  video_id: NonEmpty,
  title: v.string(),
  publishedAt: Timestamp,
  channelId: v.optional(v.string()),
  channelTitle: v.optional(v.string()),
  tags: v.optional(v.string()),
  view_count: Tally,
  likes: Tally,
  comment_count: Tally,
  description: v.optional(v.string()),
})
export type TrendingRow = v.InferOutput<typeof TrendingRow>

/** What stands in place of tags where a video has none. */
const NO_TAGS = '[none]'

export const trendingRowShapes = [
  {
    name: 'youtube.trending',
    format: 'csv',
    matches: (columns) => hasAll(columns, ['video_id', 'title', 'publishedAt', 'view_count']),
  },
] as const satisfies readonly Shape[]

export function trendingRowToPost(row: TrendingRow, envelope: Envelope): Post {
  const text = `${row.title}\n${row.description ?? ''}`
  return {
    platform: 'youtube',
    date: row.publishedAt.slice(0, 10),
    post_id: row.video_id,
    created_at: isoMicros(row.publishedAt),
    author_id: row.channelId || null,
    author_name: row.channelTitle || null,
    author_followers: null,
    author_verified: null,
    author_created_at: null,
    text,
    lang: null,
    likes: countOf(row.likes),
    shares: null,
    comments: countOf(row.comment_count),
    impressions: countOf(row.view_count),
    hashtags: row.tags === undefined || row.tags === NO_TAGS ? [] : tagsIn(row.tags),
    mentions: mentionsIn(text),
    url: urlOf(row.video_id),
    source: 'youtube',
    ingested_at: ingestedAt(envelope),
    source_position: positionOf(envelope),
  }
}
