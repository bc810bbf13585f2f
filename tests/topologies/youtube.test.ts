import { describe, expect, test } from 'vitest'
import { youtubeShapes } from '../../topologies/youtube.ts'
import { toPost, withField } from './toPosts.ts'

const video = {
  video_id: '-0eDlnFdO50',
  channel_id: 'UC10288008',
  channel_title: 'goal_7784',
  subscribers: '914',
  channel_created_at: '2019-06-01T04:41:48.819Z',
  title: 'Market #nohashtag',
  description: 'Season @Tyrell @acme',
  tags: 'Ai|tech_242|AI||ai',
  published_at: '2024-05-27T00:00:00.000Z',
  language: 'en',
  view_count: '1553',
  like_count: '51',
  comment_count: '0',
  share_count: '7',
  duration_s: '2444',
}

test('a video becomes a row, column by column', () => {
  const envelope = { source: 'youtube/a.csv', offset: 12, ingestedAtMs: 5 }
  expect(toPost('youtube', 'youtube', video, envelope)).toEqual({
    platform: 'youtube',
    date: '2024-05-27',
    post_id: '-0eDlnFdO50',
    created_at: 1_716_768_000_000_000,
    author_id: 'UC10288008',
    author_name: 'goal_7784',
    author_followers: 914,
    author_verified: null,
    author_created_at: 1_559_364_108_819_000,
    text: 'Market #nohashtag\nSeason @Tyrell @acme',
    lang: 'en',
    likes: 51,
    shares: 7,
    comments: 0,
    impressions: 1553,
    hashtags: ['ai', 'tech_242'],
    mentions: ['tyrell', 'acme'],
    url: 'https://youtu.be/-0eDlnFdO50',
    source: 'youtube',
    ingested_at: 5000,
    source_position: 'youtube/a.csv:12',
  })
  expect(toPost('youtube', 'youtube', { ...video, tags: '' })).toMatchObject({ hashtags: [] })
})

test.each([
  ['video_id', '', 'missing_id'],
  ['published_at', '', 'bad_timestamp'],
  ['published_at', '2023-02-29T00:00:00Z', 'bad_timestamp'],
  ['channel_created_at', 'long ago', 'bad_timestamp'],
  ['like_count', '-12', 'negative_count'],
  ['view_count', '', 'negative_count'],
  ['subscribers', '1.5', 'negative_count'],
  ['channel_id', '', 'invalid_field'],
  ['duration_s', 'long', 'invalid_field'],
])('a video whose %s is %j: %s', (path, value, reason) => {
  const rejected = toPost('youtube', 'youtube', withField(video, path, value))
  expect(rejected).toMatchObject({ reason })
  expect((rejected as { detail: string }).detail).toContain(`data.${path}`)
})

test.each([null, 'text', 5, [1, 2], {}])('an item that is %j has no id', (data) => {
  expect(toPost('youtube', 'youtube.api', data)).toMatchObject({ reason: 'missing_id' })
})

describe('an item of the API', () => {
  const item = {
    kind: 'youtube#video',
    id: 'hDeuSfo_Ys0',
    snippet: {
      publishedAt: '2019-11-29T20:00:11.000Z',
      channelId: 'UCWw',
      channelTitle: 'The ACE Family',
      title: 'GIDDY UP',
      description: 'by @ace',
      tags: ['Ace Family', 'ace family'],
      defaultAudioLanguage: 'en-US',
    },
    statistics: { viewCount: '12345678901234567', likeCount: '5' },
  }

  test('maps by meaning; its counts are strings, and what it lacks is null', () => {
    expect(toPost('youtube', 'youtube.api', item)).toMatchObject({
      post_id: 'hDeuSfo_Ys0',
      author_id: 'UCWw',
      author_followers: null,
      text: 'GIDDY UP\nby @ace',
      lang: 'en-US',
      likes: 5,
      shares: null,
      comments: null,
      impressions: 12345678901234567n,
      hashtags: ['ace family'],
      mentions: ['ace'],
      url: 'https://youtu.be/hDeuSfo_Ys0',
    })
    const bare = withField(withField(item, 'statistics', undefined), 'snippet.tags', undefined)
    expect(toPost('youtube', 'youtube.api', bare)).toMatchObject({ likes: null, hashtags: [] })
  })

  test.each([
    ['id', '', 'missing_id'],
    ['id', { kind: 'youtube#video', videoId: 'x' }, 'invalid_field'],
    ['snippet.publishedAt', 'today', 'bad_timestamp'],
    ['statistics.likeCount', '-5', 'negative_count'],
    ['kind', 'youtube#channel', 'invalid_field'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    expect(toPost('youtube', 'youtube.api', withField(item, path, value))).toMatchObject({ reason })
  })
})

describe('a row of trending videos', () => {
  const row = {
    video_id: 'U68MJz9DrI4',
    title: 'Wake Up',
    publishedAt: '2018-10-31T14:17:10.000Z',
    channelId: 'UCSu',
    channelTitle: 'Gucci',
    categoryId: '10',
    trending_date: '18.01.11',
    tags: 'Gucci Mane|gucci mane|Bruno',
    view_count: '673533',
    likes: '91342',
    dislikes: '1480',
    comment_count: '8204',
    description: 'out now',
  }

  test('maps by meaning, and was published when it says, not when it was trending', () => {
    expect(toPost('youtube', 'youtube.trending', row)).toMatchObject({
      date: '2018-10-31',
      post_id: 'U68MJz9DrI4',
      likes: 91342,
      shares: null,
      comments: 8204,
      impressions: 673533,
      hashtags: ['gucci mane', 'bruno'],
      lang: null,
    })
    expect(toPost('youtube', 'youtube.trending', { ...row, tags: '[none]' })).toMatchObject({
      hashtags: [],
    })
  })

  test.each([
    ['video_id', '', 'missing_id'],
    ['publishedAt', '18.01.11', 'bad_timestamp'],
    ['likes', '-1', 'negative_count'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    const rejected = toPost('youtube', 'youtube.trending', withField(row, path, value))
    expect(rejected).toMatchObject({ reason })
  })
})

test('a file is recognised whatever the order of its columns', () => {
  const shapeOf = (keys: readonly string[]) =>
    youtubeShapes.find((shape) => shape.matches(keys))?.name
  expect(shapeOf(Object.keys(video).reverse())).toBe('youtube')
  expect(shapeOf(['publishedAt', 'extra', 'view_count', 'title', 'video_id'])).toBe(
    'youtube.trending',
  )
  expect(shapeOf(['kind', 'etag', 'id', 'snippet', 'statistics'])).toBe('youtube.api')
  // What a search answers looks like this.
  expect(shapeOf(['kind', 'etag', 'id', 'snippet'])).toBeUndefined()
})
