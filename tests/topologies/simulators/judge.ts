import { parse } from 'csv-parse/sync'
import { YOUTUBE_HEADER } from '../../../topologies/simulators/youtube.ts'

/** What a reader that knows the contract alone makes of a valid record. */
export interface Post {
  readonly id: string
  readonly timeMs: number
  readonly author: string
  readonly text: string
  readonly language: string
  readonly mentions: readonly string[]
  readonly likes: number
  readonly impressions: number
}

type Platform = 'twitter' | 'reddit' | 'youtube'
type Json = Record<string, unknown>

/**
 * Reads one record as the contract says, with nothing of the project: the post, or every fault in it (of
 * those that are planted), joined by `+`.
 */
export function judge(platform: Platform, raw: string): Post | string {
  const record = platform === 'youtube' ? csvRow(raw) : json(raw)
  if (record === undefined) return 'broken_record'
  const { id, timeMs, counts } = READ[platform](record)
  const faults = [
    typeof id === 'string' && id !== '' ? [] : 'missing_id',
    Number.isNaN(timeMs) ? 'bad_timestamp' : [],
    counts.every((count) => Number.isInteger(count)) ? [] : 'invalid_field',
    counts.some((count) => count < 0) ? 'negative_count' : [],
  ].flat()
  return faults.length > 0
    ? faults.join('+')
    : { ...POST[platform](record), id: id as string, timeMs }
}

function json(raw: string): Json | undefined {
  try {
    return JSON.parse(raw) as Json
  } catch {
    return undefined
  }
}

function csvRow(raw: string): Json | undefined {
  const columns = YOUTUBE_HEADER.split(',')
  const [row] = parse(raw, { relax_column_count: true })
  if (row?.length !== columns.length) return undefined
  return Object.fromEntries(columns.map((column, at) => [column, row[at]]))
}

function isoMs(value: unknown): number {
  if (typeof value !== 'string') return NaN
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return NaN
  const time = new Date(value)
  return !Number.isNaN(time.getTime()) && time.toISOString() === value ? time.getTime() : NaN
}

const csvCount = (value: unknown): number => (/^-?\d+$/.test(String(value)) ? Number(value) : NaN)
const atNames = (text: string): string[] =>
  Array.from(text.matchAll(/@([A-Za-z0-9_]+)/g), ([, name]) => name!)

type Reading = { id: unknown; timeMs: number; counts: number[] }

const READ: Record<Platform, (record: Json) => Reading> = {
  twitter: (tweet) => ({
    id: tweet['id'],
    timeMs: isoMs(tweet['created_at']),
    counts: Object.values(tweet['public_metrics'] as Record<string, number>),
  }),
  reddit: (post) => ({
    id: post['id'],
    timeMs:
      Number.isInteger(post['created_utc']) && (post['created_utc'] as number) > 0
        ? (post['created_utc'] as number) * 1000
        : NaN,
    counts: ['ups', 'num_comments', 'num_crossposts', 'view_count'].map(
      (name) => post[name] as number,
    ),
  }),
  youtube: (video) => ({
    id: video['video_id'],
    timeMs: isoMs(video['published_at']),
    counts: ['view_count', 'like_count', 'comment_count', 'share_count'].map((name) =>
      csvCount(video[name]),
    ),
  }),
}

const POST: Record<Platform, (record: Json) => Omit<Post, 'id' | 'timeMs'>> = {
  twitter: (tweet) => {
    const metrics = tweet['public_metrics'] as Record<string, number>
    return {
      author: (tweet['user'] as { id: string }).id,
      text: tweet['text'] as string,
      language: tweet['lang'] as string,
      mentions: (tweet['entities'] as { mentions: string[] }).mentions,
      likes: metrics['likes']!,
      impressions: metrics['impressions']!,
    }
  },
  reddit: (post) => ({
    author: (post['author'] as { id: string }).id,
    text: `${post['title'] as string}\n${post['selftext'] as string}`,
    language: post['lang'] as string,
    mentions: atNames(`${post['title'] as string}\n${post['selftext'] as string}`),
    likes: post['ups'] as number,
    impressions: post['view_count'] as number,
  }),
  youtube: (video) => ({
    author: video['channel_id'] as string,
    text: `${video['title'] as string}\n${video['description'] as string}`,
    language: video['language'] as string,
    mentions: atNames(`${video['title'] as string}\n${video['description'] as string}`),
    likes: csvCount(video['like_count']),
    impressions: csvCount(video['view_count']),
  }),
}
