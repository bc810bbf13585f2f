/**
 * How fast the simulators make records and write them, beside Faker called for every field.
 *
 *   node bench/simulators.ts [--events 500000] [--peer-events 5000] [--json]
 *
 * Each record is made, encoded as UTF-8 and counted; the landing zone is written and synced to a temporary
 * folder. CPU seconds are of the whole process, so that a busy machine disturbs them less than the clock.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { faker } from '@faker-js/faker/locale/en'
import { reddit } from '../topologies/simulators/reddit.ts'
import { twitter } from '../topologies/simulators/twitter.ts'
import { simulateLanding } from '../topologies/simulators/writeLanding.ts'
import { youtube } from '../topologies/simulators/youtube.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    'peer-events': { type: 'string', default: '5000' },
    json: { type: 'boolean', default: false },
  },
})
const events = Number(values.events)
const peerEvents = Number(values['peer-events'])
const buffer = Buffer.alloc(1024 * 1024)

const simulators = { twitter: twitter(1), reddit: reddit(1), youtube: youtube(1) }
const peers = { twitter: fakeTweet, reddit: fakePost, youtube: fakeVideo }

const results: object[] = []
for (const platform of ['twitter', 'reddit', 'youtube'] as const) {
  const simulator = simulators[platform]
  const ours = await rate(events, (index) => simulator(index).raw)
  const theirs = await rate(peerEvents, peers[platform])
  results.push({ name: platform, ...ours, peerPerCpuSecond: theirs.perCpuSecond })
  say(
    [
      platform.padEnd(8),
      `${thousands(ours.perSecond)} events/s`,
      `${thousands(ours.perCpuSecond)} a CPU second`,
      `Faker a call ${thousands(theirs.perSecond)} events/s`,
      `${(ours.perCpuSecond / theirs.perCpuSecond).toFixed(1)} × Faker`,
    ].join('  '),
  )
}

const landing = await mkdtemp(join(tmpdir(), 'bench-landing-'))
try {
  const whole = await timed(events, () => simulateLanding({ landing, events, seed: 1 }))
  results.push({ name: 'all three, written and synced', ...whole })
  say(
    [
      'landing ',
      `${thousands(whole.perSecond)} events/s`,
      `${thousands(whole.perCpuSecond)} a CPU second`,
      'all platforms, written and synced',
    ].join('  '),
  )
} finally {
  await rm(landing, { recursive: true })
}

if (values.json) console.log(JSON.stringify(results))

function say(line: string): void {
  if (!values.json) console.log(line)
}

async function rate(count: number, make: (index: number) => string) {
  for (let index = 0; index < count / 5; index++) buffer.write(make(index))
  return timed(count, async () => {
    for (let index = 0; index < count; index++) buffer.write(make(index))
  })
}

async function timed(count: number, work: () => Promise<void>) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: count / seconds, perCpuSecond: (count / (user + system)) * 1e6 }
}

function thousands(count: number): string {
  return `${(count / 1000).toFixed(1)}k`.padStart(7)
}

function fakeTweet(): string {
  const hashtags = faker.helpers.multiple(() => faker.word.noun(), { count: faker.number.int(3) })
  const mentions = faker.helpers.multiple(() => faker.internet.username(), {
    count: faker.number.int(2),
  })
  return JSON.stringify({
    id: faker.string.numeric(19),
    user: {
      id: faker.string.numeric(12),
      username: faker.internet.username(),
      followers: faker.number.int(100_000),
      verified: faker.datatype.boolean(),
      created_at: faker.date.past(),
    },
    text: [
      faker.hacker.phrase(),
      ...hashtags.map((tag) => `#${tag}`),
      ...mentions.map((name) => `@${name}`),
    ].join(' '),
    created_at: faker.date.recent(),
    lang: 'en',
    public_metrics: {
      likes: faker.number.int(1000),
      retweets: faker.number.int(1000),
      replies: faker.number.int(1000),
      quotes: faker.number.int(1000),
      impressions: faker.number.int(1_000_000),
    },
    entities: { hashtags, mentions, urls: [faker.internet.url()] },
    source: faker.helpers.arrayElement(['Twitter for iPhone', 'Twitter Web App']),
  })
}

function fakePost(): string {
  const subreddit = faker.word.noun()
  const id = `t3_${faker.string.alphanumeric(7)}`
  return JSON.stringify({
    id,
    author: {
      id: `t2_${faker.string.alphanumeric(8)}`,
      name: faker.internet.username(),
      karma: faker.number.int(100_000),
      created_utc: Math.floor(faker.date.past().getTime() / 1000),
    },
    subreddit,
    title: faker.hacker.phrase(),
    selftext: `${faker.commerce.productDescription()} #${faker.word.noun()} @${faker.internet.username()}`,
    created_utc: Math.floor(faker.date.recent().getTime() / 1000),
    lang: 'en',
    ups: faker.number.int(1000),
    upvote_ratio: faker.number.float({ min: 0.5, max: 1, fractionDigits: 2 }),
    num_comments: faker.number.int(1000),
    num_crossposts: faker.number.int(10),
    view_count: faker.number.int(1_000_000),
    over_18: faker.datatype.boolean(),
    flair: faker.helpers.arrayElement([null, 'News', 'Question']),
    permalink: `/r/${subreddit}/comments/${id}/`,
  })
}

function fakeVideo(): string {
  return [
    faker.string.alphanumeric(11),
    `UC${faker.string.alphanumeric(22)}`,
    faker.company.name(),
    faker.number.int(1_000_000),
    faker.date.past(),
    faker.hacker.phrase(),
    `${faker.commerce.productDescription()}\n${faker.hacker.phrase()} @${faker.internet.username()}`,
    `${faker.word.noun()}|${faker.word.noun()}`,
    faker.date.recent(),
    'en',
    faker.number.int(1_000_000),
    faker.number.int(1000),
    faker.number.int(1000),
    faker.number.int(1000),
    faker.number.int(3000),
  ]
    .map((value) => JSON.stringify(value))
    .join(',')
}
