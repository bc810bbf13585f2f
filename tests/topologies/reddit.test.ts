import { describe, expect, test } from 'vitest'
import { toPost, withField } from './toPosts.ts'

const submission = {
  id: 't3_rkag8ao',
  author: { id: 't2_793w4', name: 'support_58980', karma: 45, created_utc: 1543760269 },
  subreddit: 'gaming',
  title: 'Release #Sports',
  selftext: 'for @Acme',
  created_utc: 1717372800,
  lang: 'en',
  ups: 549,
  upvote_ratio: 0.62,
  num_comments: 1,
  num_crossposts: 2,
  view_count: 41810,
  over_18: false,
  flair: null,
  permalink: '/r/gaming/comments/t3_rkag8ao/',
}

test('a post becomes a row, column by column', () => {
  const envelope = { source: 'reddit/a.ndjson', offset: 12, ingestedAtMs: 5 }
  expect(toPost('reddit', 'reddit', submission, envelope)).toEqual({
    platform: 'reddit',
    date: '2024-06-03',
    post_id: 't3_rkag8ao',
    created_at: 1_717_372_800_000_000,
    author_id: 't2_793w4',
    author_name: 'support_58980',
    author_followers: 45,
    author_verified: null,
    author_created_at: 1_543_760_269_000_000,
    text: 'Release #Sports\nfor @Acme',
    lang: 'en',
    likes: 549,
    shares: 2,
    comments: 1,
    impressions: 41810,
    hashtags: ['sports'],
    mentions: ['acme'],
    url: '/r/gaming/comments/t3_rkag8ao/',
    source: 'r/gaming',
    ingested_at: 5000,
    source_position: 'reddit/a.ndjson:12',
  })
})

test.each([
  ['id', null, 'missing_id'],
  ['id', 7, 'invalid_field'],
  ['created_utc', undefined, 'bad_timestamp'],
  ['created_utc', '1717372800', 'bad_timestamp'],
  ['created_utc', 0, 'bad_timestamp'],
  ['created_utc', -5, 'bad_timestamp'],
  ['created_utc', 1717372800.5, 'bad_timestamp'],
  ['author.created_utc', 'yesterday', 'bad_timestamp'],
  ['author.created_utc', undefined, 'invalid_field'],
  ['ups', -2, 'negative_count'],
  ['num_comments', 1.5, 'negative_count'],
  ['author.karma', -1, 'negative_count'],
  ['author', null, 'invalid_field'],
  ['author.id', '', 'invalid_field'],
  ['title', 5, 'invalid_field'],
  ['over_18', 'no', 'invalid_field'],
])('a post whose %s is %j: %s', (path, value, reason) => {
  const rejected = toPost('reddit', 'reddit', withField(submission, path, value))
  expect(rejected).toMatchObject({ reason })
  expect((rejected as { detail: string }).detail).toContain(`data.${path}`)
})

test.each([null, 'text', 5, true, [1, 2], {}])('JSON that is %j has no id', (data) => {
  expect(toPost('reddit', 'reddit', data)).toMatchObject({ reason: 'missing_id' })
  expect(toPost('reddit', 'reddit.listing', data)).toMatchObject({ reason: 'missing_id' })
  const child = { kind: 't3', data }
  expect(toPost('reddit', 'reddit.listing', child)).toMatchObject({ reason: 'missing_id' })
})

describe('a child of a listing', () => {
  const child = {
    kind: 't3',
    data: {
      id: '8hacwl',
      author: 'Ben-A-Flick',
      author_fullname: 't2_abc',
      subreddit: 'funny',
      title: 'Whistling',
      selftext: '',
      created_utc: 1525553837,
      ups: 14348,
      score: 14348,
      num_comments: 265,
      num_crossposts: 1,
      view_count: null,
      permalink: '/r/funny/comments/8hacwl/whistling/',
    },
  }

  test('maps by meaning; what it lacks is null', () => {
    expect(toPost('reddit', 'reddit.listing', child)).toMatchObject({
      post_id: '8hacwl',
      author_id: 't2_abc',
      author_name: 'Ben-A-Flick',
      author_followers: null,
      author_created_at: null,
      text: 'Whistling\n',
      lang: null,
      likes: 14348,
      shares: 1,
      comments: 265,
      impressions: null,
      url: '/r/funny/comments/8hacwl/whistling/',
      source: 'r/funny',
    })
  })

  test('of a deleted author has none', () => {
    const deleted = withField(
      withField(child, 'data.author', '[deleted]'),
      'data.author_fullname',
      undefined,
    )
    expect(toPost('reddit', 'reddit.listing', deleted)).toMatchObject({
      author_id: null,
      author_name: null,
    })
  })

  test('counts its score as likes where it has no ups, a negative one too', () => {
    const old = withField(withField(child, 'data.ups', undefined), 'data.score', -3)
    expect(toPost('reddit', 'reddit.listing', old)).toMatchObject({ likes: -3 })
  })

  test.each([
    ['kind', 't1', 'invalid_field'],
    ['data.id', '', 'missing_id'],
    ['data.created_utc', null, 'bad_timestamp'],
    ['data.num_comments', -1, 'negative_count'],
    ['data.score', 1.5, 'negative_count'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    const rejected = toPost('reddit', 'reddit.listing', withField(child, path, value))
    expect(rejected).toMatchObject({ reason })
  })
})

describe('a row of a CSV', () => {
  const row = {
    id: '14l8dn',
    title: 'Congratulations, /r/SNES!',
    selftext: 'line\nline',
    created_utc: '1355116932.0',
    ups: '138',
    score: '131',
    num_comments: '11',
    permalink: 'http://www.reddit.com/r/snes/comments/14l8dn/',
  }
  const envelope = { source: 'top1000/snes.csv.gz' }

  test('maps by meaning; the file says of which subreddit it is', () => {
    expect(toPost('reddit', 'reddit.csv', row, envelope)).toMatchObject({
      date: '2012-12-10',
      post_id: '14l8dn',
      created_at: 1_355_116_932_000_000,
      author_id: null,
      author_name: null,
      text: 'Congratulations, /r/SNES!\nline\nline',
      likes: 138,
      shares: null,
      comments: 11,
      source: 'r/snes',
    })
  })

  test('a column says it better, and who wrote it', () => {
    const more = { ...row, subreddit: 'games', author: 'somebody' }
    expect(toPost('reddit', 'reddit.csv', more, envelope)).toMatchObject({
      author_name: 'somebody',
      source: 'r/games',
    })
  })

  test('counts its score as likes where it has no ups', () => {
    const { ups: _, ...scored } = { ...row, score: '-4' }
    expect(toPost('reddit', 'reddit.csv', scored, envelope)).toMatchObject({ likes: -4 })
  })

  test.each([
    ['id', '', 'missing_id'],
    ['created_utc', '2012-12-10', 'bad_timestamp'],
    ['num_comments', '-11', 'negative_count'],
    ['score', 'many', 'negative_count'],
  ])('whose %s is %j: %s', (path, value, reason) => {
    expect(toPost('reddit', 'reddit.csv', withField(row, path, value))).toMatchObject({ reason })
  })
})
