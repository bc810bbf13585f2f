import * as v from 'valibot'
import type { ShapeCases } from '../src/operators/projectShapes.ts'
import type { ReasonRule } from '../src/operators/validate/reasonOf.ts'
import { isNoCountText } from './formats/counts.ts'
import { isMissing, isNoObject, isPresent } from './formats/presence.ts'
import { TrendingRow, trendingRowShapes, trendingRowToPost } from './formats/trendingRow.ts'
import { Video, videoShapes, videoToPost } from './formats/video.ts'
import { VideoItem, videoItemShapes, videoItemToPost } from './formats/videoItem.ts'
import type { Post } from './post.ts'

/** What videos come as: the platform's own CSV, `videos.list` of the API v3, CSVs of trending ones. */
export const youtubeShapes = [...videoShapes, ...videoItemShapes, ...trendingRowShapes] as const

/** A decoded record of any of these shapes. */
export const YoutubeRecord = v.variant('shape', [
  v.object({ shape: v.literal('youtube'), data: Video }),
  v.object({ shape: v.literal('youtube.api'), data: VideoItem }),
  v.object({ shape: v.literal('youtube.trending'), data: TrendingRow }),
])
export type YoutubeRecord = v.InferOutput<typeof YoutubeRecord>

export const youtubeReasons: readonly ReasonRule[] = [
  { reason: 'missing_id', paths: ['data.video_id', 'data.id'], when: isMissing },
  { reason: 'missing_id', paths: ['data'], when: isNoObject },
  {
    reason: 'bad_timestamp',
    paths: ['data.published_at', 'data.publishedAt', 'data.snippet.publishedAt'],
  },
  { reason: 'bad_timestamp', paths: ['data.channel_created_at'], when: isPresent },
  {
    reason: 'negative_count',
    paths: [
      ...['data.subscribers', 'data.view_count', 'data.like_count', 'data.comment_count'],
      ...['data.share_count', 'data.likes', 'data.statistics.*'],
    ],
    when: isNoCountText,
  },
]

/** A video as a row of `silver/posts`, by its shape. */
export const youtubePost: ShapeCases<YoutubeRecord, Post> = {
  youtube: videoToPost,
  'youtube.api': videoItemToPost,
  'youtube.trending': trendingRowToPost,
}
