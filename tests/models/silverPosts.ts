import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

/** The contract's input, written down anew and plainly: what Silver must hold, without Sluicebox. */
export interface SilverPost {
  readonly platform: string
  readonly date: string
  readonly post_id: string
  readonly created_at: string
  readonly author_id: string
  readonly author_name: string
  readonly author_followers: number
  readonly author_verified: boolean | null
  readonly author_created_at: string | null
  readonly text: string
  readonly lang: string
  readonly likes: number
  readonly shares: number
  readonly comments: number
  readonly impressions: number
  readonly hashtags: readonly string[]
  readonly mentions: readonly string[]
  readonly url: string | null
  readonly source: string
  readonly ingested_at: string
  readonly source_position: string
}

export const fixture = join(import.meta.dirname, '../fixtures/contract')
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/

type Raw = Record<string, unknown>
type Map = (raw: Raw) => Omit<SilverPost, 'date' | 'ingested_at' | 'source_position'>

export function silverPosts(): SilverPost[] {
  const rows = [
    ...firstArrivals('twitter', lines('twitter/tweets.ndjson.gz'), tweet),
    ...firstArrivals('reddit', lines('reddit/reddit.ndjson.gz'), submission),
    ...firstArrivals('youtube', videos('youtube/youtube.csv.gz'), video),
  ]
  return rows
}

/** Drops what the contract rejects, then every repeat of an id. */
function firstArrivals(platform: string, raws: readonly (Raw | undefined)[], map: Map) {
  const seen = new Set<string>()
  const rows: SilverPost[] = []
  raws.forEach((raw, position) => {
    if (raw === undefined) return
    const row = tryMap(raw, map)
    if (row === undefined || seen.has(row.post_id)) return
    seen.add(row.post_id)
    const ingested_at = '2024-06-10T00:00:00Z'
    const date = row.created_at.slice(0, 10)
    rows.push({ ...row, date, ingested_at, source_position: `${platform}:${position}` })
  })
  return rows
}

function tryMap(raw: Raw, map: Map) {
  try {
    return map(raw)
  } catch {
    return undefined
  }
}

function tweet(raw: Raw) {
  const user = raw['user'] as Raw
  const metrics = raw['public_metrics'] as Raw
  const entities = raw['entities'] as Record<string, string[]>
  return {
    platform: 'twitter',
    post_id: text(raw['id']),
    created_at: time(raw['created_at']),
    author_id: text(user['id']),
    author_name: user['username'] as string,
    author_followers: count(user['followers']),
    author_verified: user['verified'] as boolean,
    author_created_at: time(user['created_at']),
    text: raw['text'] as string,
    lang: raw['lang'] as string,
    likes: count(metrics['likes']),
    shares: count(metrics['retweets']) + count(metrics['quotes']),
    comments: count(metrics['replies']),
    impressions: count(metrics['impressions']),
    hashtags: distinct(entities['hashtags'] ?? []),
    mentions: distinct(entities['mentions'] ?? []),
    url: entities['urls']?.[0] ?? null,
    source: raw['source'] as string,
  }
}

function submission(raw: Raw) {
  const author = raw['author'] as Raw
  const body = `${raw['title'] as string}\n${raw['selftext'] as string}`
  return {
    platform: 'reddit',
    post_id: text(raw['id']),
    created_at: seconds(raw['created_utc']),
    author_id: text(author['id']),
    author_name: author['name'] as string,
    author_followers: count(author['karma']),
    author_verified: null,
    author_created_at: seconds(author['created_utc']),
    text: body,
    lang: raw['lang'] as string,
    likes: count(raw['ups']),
    shares: count(raw['num_crossposts']),
    comments: count(raw['num_comments']),
    impressions: count(raw['view_count']),
    hashtags: found(body, /#([A-Za-z0-9_]+)/g),
    mentions: found(body, /@([A-Za-z0-9_]+)/g),
    url: raw['permalink'] as string,
    source: `r/${raw['subreddit'] as string}`,
  }
}

function video(raw: Raw) {
  const body = `${raw['title'] as string}\n${raw['description'] as string}`
  return {
    platform: 'youtube',
    post_id: text(raw['video_id']),
    created_at: time(raw['published_at']),
    author_id: text(raw['channel_id']),
    author_name: raw['channel_title'] as string,
    author_followers: count(digits(raw['subscribers'])),
    author_verified: null,
    author_created_at: time(raw['channel_created_at']),
    text: body,
    lang: raw['language'] as string,
    likes: count(digits(raw['like_count'])),
    shares: count(digits(raw['share_count'])),
    comments: count(digits(raw['comment_count'])),
    impressions: count(digits(raw['view_count'])),
    hashtags: distinct((raw['tags'] as string).split('|').filter((tag) => tag !== '')),
    mentions: found(body, /@([A-Za-z0-9_]+)/g),
    url: `https://youtu.be/${raw['video_id'] as string}`,
    source: 'youtube',
  }
}

function text(value: unknown) {
  if (typeof value !== 'string' || value === '') throw new Error('missing_id')
  return value
}
function time(value: unknown) {
  const real = typeof value === 'string' && timestamp.test(value) && !isNaN(Date.parse(value))
  if (!real) throw new Error('bad_timestamp')
  return value
}
function seconds(value: unknown) {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) throw new Error('bad_timestamp')
  return new Date((value as number) * 1000).toISOString()
}
function count(value: unknown) {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error('negative_count')
  return value as number
}
function digits(value: unknown) {
  return /^-?\d+$/.test(value as string) ? Number(value) : NaN
}
function distinct(words: readonly string[]) {
  return [...new Set(words.map((word) => word.toLowerCase()))]
}
function found(body: string, pattern: RegExp) {
  return distinct([...body.matchAll(pattern)].map((match) => match[1] ?? ''))
}

function read(file: string) {
  return gunzipSync(readFileSync(join(fixture, 'landing', file))).toString('utf8')
}
function lines(file: string): (Raw | undefined)[] {
  const records = read(file).split('\n')
  return records.filter((line) => line !== '').map(parseLine)
}
function parseLine(line: string) {
  try {
    return JSON.parse(line) as Raw
  } catch {
    return undefined
  }
}
function videos(file: string): (Raw | undefined)[] {
  const records: string[][] = parse(read(file), { relax_column_count: true })
  const [header = [], ...rows] = records
  return rows.map((row) =>
    row.length === header.length
      ? Object.fromEntries(header.map((name, column) => [name, row[column]]))
      : undefined,
  )
}
