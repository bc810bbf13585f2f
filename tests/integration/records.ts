/** A tweet as the landing zone carries it, with some of its fields changed. */
export const tweet = (id: unknown, changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    id,
    user: {
      id: '7',
      username: 'ann',
      followers: 3,
      verified: false,
      created_at: '2020-01-01T00:00:00Z',
    },
    text: 'Hello #World @acme',
    created_at: '2024-06-03T10:00:00Z',
    lang: 'en',
    public_metrics: { likes: 1, retweets: 2, replies: 3, quotes: 4, impressions: 100 },
    entities: { hashtags: ['World'], mentions: ['acme'], urls: [] },
    source: 'web',
    ...changes,
  })

/** A tweet whose likes stand there as this piece of JSON. */
export const liked = (id: string, likes: string): string =>
  tweet(id).replace('"likes":1', () => `"likes":${likes}`)

/** A Reddit post, with some of its fields changed. */
export const submission = (id: unknown, changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    id,
    author: { id: 'u1', name: 'bob', karma: 5, created_utc: 1_577_836_800 },
    subreddit: 'news',
    title: 'A #title',
    selftext: 'of @acme',
    created_utc: 1_717_408_800,
    lang: 'en',
    ups: 4,
    upvote_ratio: 0.9,
    num_comments: 2,
    num_crossposts: 1,
    view_count: 50,
    over_18: false,
    flair: null,
    permalink: '/r/news/1',
    ...changes,
  })

export const VIDEO_HEADER =
  'video_id,channel_id,channel_title,subscribers,channel_created_at,title,description,tags,published_at,language,view_count,like_count,comment_count,share_count,duration_s'

/** A video: a CSV row, with some of its fields as they are written changed. */
export const video = (id: string, changes: Readonly<Record<string, string>> = {}): string => {
  const fields: Record<string, string> = {
    video_id: id,
    channel_id: 'c1',
    channel_title: 'goals',
    subscribers: '10',
    channel_created_at: '2020-01-01T00:00:00Z',
    title: 'title',
    description: 'text',
    tags: 'a|b',
    published_at: '2024-06-03T10:00:00Z',
    language: 'en',
    view_count: '100',
    like_count: '5',
    comment_count: '2',
    share_count: '1',
    duration_s: '60',
    ...changes,
  }
  return VIDEO_HEADER.split(',')
    .map((column) => fields[column])
    .join(',')
}

/** A CSV file of these rows. */
export const videos = (...rows: readonly string[]): string =>
  `${[VIDEO_HEADER, ...rows].join('\n')}\n`

/** An NDJSON file of these lines. */
export const lines = (...records: readonly string[]): string =>
  records.map((record) => `${record}\n`).join('')
