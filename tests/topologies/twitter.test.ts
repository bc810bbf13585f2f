import { describe, expect, test } from 'vitest'
import { decodeShapes } from '../../src/operators/decodeShapes.ts'
import { twitterShapes } from '../../topologies/twitter.ts'
import { feed, utf8 } from '../operators/feed.ts'
import { toPost, withField } from './toPosts.ts'

const tweet = {
  id: '1797400000003746030',
  user: {
    id: '10020683',
    username: 'stream_559',
    followers: 1767,
    verified: false,
    created_at: '2023-10-26T22:15:11.104Z',
  },
  text: 'Hello #World @acme',
  created_at: '2024-06-03T23:59:59.123456Z',
  lang: 'en',
  public_metrics: { likes: 2, retweets: 3, replies: 4, quotes: 5, impressions: 135 },
  entities: { hashtags: ['World', 'world', 'B'], mentions: ['Acme'], urls: ['https://a.b', 'c'] },
  source: 'Twitter for Android',
}

test('a tweet becomes a row, column by column', () => {
  const envelope = { source: 'twitter/a.ndjson', offset: 12, ingestedAtMs: 1_717_500_000_000 }
  expect(toPost('twitter', 'twitter', tweet, envelope)).toEqual({
    platform: 'twitter',
    date: '2024-06-03',
    post_id: '1797400000003746030',
    created_at: 1_717_459_199_123_456,
    author_id: '10020683',
    author_name: 'stream_559',
    author_followers: 1767,
    author_verified: false,
    author_created_at: 1_698_358_511_104_000,
    text: 'Hello #World @acme',
    lang: 'en',
    likes: 2,
    shares: 8,
    comments: 4,
    impressions: 135,
    hashtags: ['world', 'b'],
    mentions: ['acme'],
    url: 'https://a.b',
    source: 'Twitter for Android',
    ingested_at: 1_717_500_000_000_000,
    source_position: 'twitter/a.ndjson:12',
  })
})

test.each([
  ['id', undefined, 'missing_id'],
  ['id', null, 'missing_id'],
  ['id', '', 'missing_id'],
  ['id', 1797400000003746, 'invalid_field'],
  ['created_at', undefined, 'bad_timestamp'],
  ['created_at', null, 'bad_timestamp'],
  ['created_at', '2024-02-30T00:00:00Z', 'bad_timestamp'],
  ['created_at', 1_717_459_199, 'bad_timestamp'],
  ['user.created_at', 'long ago', 'bad_timestamp'],
  ['user.created_at', null, 'bad_timestamp'],
  ['user.created_at', undefined, 'invalid_field'],
  ['public_metrics.likes', -1, 'negative_count'],
  ['public_metrics.quotes', 1.5, 'negative_count'],
  ['public_metrics.replies', '4', 'negative_count'],
  ['public_metrics.replies', null, 'negative_count'],
  ['public_metrics.impressions', undefined, 'invalid_field'],
  ['public_metrics.impressions', 1e19, 'invalid_field'],
  ['public_metrics', undefined, 'invalid_field'],
  ['user.followers', -5, 'negative_count'],
  ['user', undefined, 'invalid_field'],
  ['user', null, 'invalid_field'],
  ['user.id', '', 'invalid_field'],
  ['user.verified', 'yes', 'invalid_field'],
  ['text', undefined, 'invalid_field'],
  ['lang', null, 'invalid_field'],
  ['entities.hashtags', ['a', 1], 'invalid_field'],
  ['entities', undefined, 'invalid_field'],
])('a tweet whose %s is %j: %s', (path, value, reason) => {
  const rejected = toPost('twitter', 'twitter', withField(tweet, path, value))
  expect(rejected).toMatchObject({ reason })
  expect((rejected as { detail: string }).detail).toContain(`data.${path}`)
})

test.each([null, 'text', 5, true, [1, 2], {}])('JSON that is %j has no id', (data) => {
  expect(toPost('twitter', 'twitter', data)).toMatchObject({ reason: 'missing_id' })
})

test('of several faults the first in order of the reasons counts', () => {
  const faults: [string, unknown, string][] = [
    ['text', 5, 'invalid_field'],
    ['public_metrics.likes', -1, 'negative_count'],
    ['created_at', 'x', 'bad_timestamp'],
    ['id', '', 'missing_id'],
  ]
  let record = tweet
  for (const [path, value, reason] of faults) {
    record = withField(record, path, value)
    expect(toPost('twitter', 'twitter', record)).toMatchObject({ reason })
  }
})

test('counts beyond 2^53 stay exact, and their sum too', () => {
  const huge = withField(tweet, 'public_metrics.retweets', 9007199254740993n)
  expect(toPost('twitter', 'twitter', huge)).toMatchObject({ shares: 9007199254740998n })
})

describe('a status of the API', () => {
  const status = {
    id: 674674925823787008n,
    id_str: '674674925823787008',
    created_at: 'Wed Dec 09 19:40:11 +0000 2015',
    text: 'RT @pattymo: look #here',
    user: { id: 372018022, id_str: '372018022', screen_name: '__jcbl__', followers_count: 50 },
    retweet_count: 7,
    favorite_count: 0,
    source: '<a href="http://klinkerapps.com" rel="nofollow">Talon (Plus)</a>',
    entities: {
      hashtags: [{ text: 'Python' }, { text: 'python' }],
      user_mentions: [{ screen_name: 'PattyMo' }],
      urls: [{ url: 'https://t.co/x', expanded_url: 'https://x.y' }],
    },
    retweeted_status: { id_str: '1', text: 'look' },
  }

  test('maps by meaning; what it lacks is null', () => {
    expect(toPost('twitter', 'twitter.status', status)).toMatchObject({
      date: '2015-12-09',
      post_id: '674674925823787008',
      created_at: Date.parse('2015-12-09T19:40:11Z') * 1000,
      author_id: '372018022',
      author_name: '__jcbl__',
      author_followers: 50,
      author_verified: null,
      author_created_at: null,
      text: 'RT @pattymo: look #here',
      lang: null,
      likes: 0,
      shares: 7,
      comments: null,
      impressions: null,
      hashtags: ['python'],
      mentions: ['pattymo'],
      url: 'https://x.y',
      source: 'Talon (Plus)',
    })
  })

  test('of 2007 has no id_str, no counts and no entities', () => {
    const early = {
      id: 89497702,
      created_at: 'Sun Jun 03 17:59:37 +0000 2007',
      text: '@you #Old news',
      user: { id: 2038581, screen_name: 'olterman' },
    }
    expect(toPost('twitter', 'twitter.status', early)).toMatchObject({
      post_id: '89497702',
      author_id: '2038581',
      likes: null,
      shares: null,
      hashtags: ['old'],
      mentions: ['you'],
      url: null,
      source: null,
    })
  })

  test('full_text comes before text, and entities may stand beside it', () => {
    const { entities, text: _, ...rest } = status
    const flat = { ...rest, ...entities, full_text: 'all of it' }
    expect(toPost('twitter', 'twitter.status', flat)).toMatchObject({
      text: 'all of it',
      hashtags: ['python'],
      url: 'https://x.y',
    })
  })

  test.each([
    ['id_str', undefined, undefined],
    ['created_at', '2015-12-09T19:40:11Z', 'bad_timestamp'],
    ['user.created_at', 'soon', 'bad_timestamp'],
    ['user.created_at', null, undefined],
    ['user', null, undefined],
    ['favorite_count', -1, 'negative_count'],
    ['favorite_count', null, undefined],
    ['text', undefined, 'invalid_field'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    const result = toPost('twitter', 'twitter.status', withField(status, path, value))
    if (reason === undefined) expect(result).toMatchObject({ post_id: '674674925823787008' })
    else expect(result).toMatchObject({ reason })
  })

  test('without any id is rejected for that, whatever else is wrong', () => {
    const nameless = { ...status, id: undefined, id_str: null, created_at: 'soon' }
    expect(toPost('twitter', 'twitter.status', nameless)).toMatchObject({ reason: 'missing_id' })
    expect(toPost('twitter', 'twitter.status', 5)).toMatchObject({ reason: 'missing_id' })
  })
})

describe('a row of a CSV', () => {
  const row = {
    created_at: '10/23/17 12:30',
    text: 'A very #MAGA day &amp; night @FoxNews',
    url: 'https://twitter.com/realDonaldTrump/status/922440008971292672',
    replies: '46228',
    retweets: '',
    favorites: '49468',
    user: 'realDonaldTrump',
  }

  test('maps by meaning; what it lacks is null', () => {
    expect(toPost('twitter', 'twitter.csv', row)).toMatchObject({
      date: '2017-10-23',
      post_id: '922440008971292672',
      author_id: null,
      author_name: 'realDonaldTrump',
      text: 'A very #MAGA day &amp; night @FoxNews',
      likes: 49468,
      shares: null,
      comments: 46228,
      impressions: null,
      hashtags: ['maga'],
      mentions: ['foxnews'],
      url: row.url,
    })
  })

  test.each([
    ['url', 'https://twitter.com/realDonaldTrump', 'missing_id'],
    ['created_at', '23/10/17 12:30', 'bad_timestamp'],
    ['favorites', '-1', 'negative_count'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    expect(toPost('twitter', 'twitter.csv', withField(row, path, value))).toMatchObject({ reason })
  })
})

test('records from Kafka are told apart by their keys', () => {
  const operator = decodeShapes({ shapes: twitterShapes, otherwise: 'twitter' })
  const { id: _, ...nameless } = tweet
  const status = {
    created_at: '',
    id_str: '1',
    text: '',
    user: {},
    entities: {},
    lang: '',
    source: '',
  }
  const row = { created_at: '', text: '', url: '', replies: '', retweets: '', favorites: '' }
  const records = [tweet, nameless, status, row, { what: 1 }, 5]
  const { out } = feed(
    operator,
    records.map((record) => utf8(JSON.stringify(record))),
  )
  expect(out.map(({ shape }) => shape)).toEqual([
    ...['twitter', 'twitter', 'twitter.status', 'twitter.csv', 'twitter', 'twitter'],
  ])
})
