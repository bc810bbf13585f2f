import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'

import { hours, minutes } from '../../../src/core/durations.ts'
import { parseTimestampUs } from '../../../src/core/timestamp.ts'
import { brands } from '../../../topologies/simulators/brands.ts'
import { reddit } from '../../../topologies/simulators/reddit.ts'
import type { SimulatedRecord, Simulator } from '../../../topologies/simulators/simulator.ts'
import { twitter } from '../../../topologies/simulators/twitter.ts'
import { youtube, YOUTUBE_HEADER } from '../../../topologies/simulators/youtube.ts'
import { judge, type Post } from './judge.ts'

const SIMULATORS = { twitter, reddit, youtube }
const SEED = 7
const COUNT = 12_000

const recordsOf = (simulator: Simulator, count: number): SimulatedRecord[] =>
  Array.from({ length: count }, (_, index) => simulator(index))

describe.each(['twitter', 'reddit', 'youtube'] as const)('%s', (platform) => {
  const records = recordsOf(SIMULATORS[platform](SEED), COUNT)
  const judged = records.map(({ raw }) => judge(platform, raw))

  test('makes the same record whatever was asked for before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(COUNT - 1), { maxLength: 50 }), (indices) => {
        const fresh = SIMULATORS[platform](SEED)
        for (const index of indices) expect(fresh(index)).toEqual(records[index])
      }),
      { numRuns: 10 },
    )
  })

  test('makes other records, with other ids, of another seed', () => {
    const ids = new Set<string>()
    for (const seed of [0, 1, 2, 2 ** 31, 2 ** 32 - 1]) {
      for (const { raw, fate } of recordsOf(SIMULATORS[platform](seed), 500)) {
        if (fate !== 'written') continue
        const { id } = judge(platform, raw) as Post
        expect(ids.has(id)).toBe(false)
        ids.add(id)
      }
    }
  })

  test('plants what an independent reader finds', () => {
    const seen = new Set<string>()
    const found = judged.map((post) => {
      if (typeof post === 'string') return post
      if (seen.has(post.id)) return 'duplicate'
      seen.add(post.id)
      return 'written'
    })
    expect(found).toEqual(records.map(({ fate }) => fate))
  })

  test('plants as much as it says', () => {
    const share = (isIt: (record: SimulatedRecord) => boolean): number =>
      (records.filter(isIt).length / COUNT) * 100
    expect(share(({ fate }) => fate === 'duplicate')).toBeCloseTo(5, 0)
    expect(share(({ late }) => late)).toBeCloseTo(2, 0)
    for (const fault of ['broken_record', 'missing_id', 'bad_timestamp', 'negative_count']) {
      expect(share(({ fate }) => fate === fault)).toBeGreaterThan(0.15)
      expect(share(({ fate }) => fate === fault)).toBeLessThan(0.35)
    }
  })

  test('repeats what came at most 30 minutes of event time before, mostly byte for byte', () => {
    const firsts = new Map<string, number>()
    let newest = 0
    let repeats = 0
    let sameBytes = 0
    let longestMs = 0
    for (const [index, post] of judged.entries()) {
      if (typeof post === 'string') continue
      const first = firsts.get(post.id)
      if (first === undefined) firsts.set(post.id, index)
      else {
        repeats++
        longestMs = Math.max(longestMs, newest - post.timeMs)
        if (records[index]!.raw === records[first]!.raw) sameBytes++
        if (post.timeMs !== (judged[first] as Post).timeMs) expect.fail(`record ${index} moved`)
      }
      newest = Math.max(newest, post.timeMs)
    }
    expect(longestMs).toBeGreaterThan(minutes(20))
    expect(longestMs).toBeLessThanOrEqual(minutes(30))
    expect(sameBytes / repeats).toBeGreaterThan(0.67)
    expect(sameBytes / repeats).toBeLessThan(0.83)
  })

  test('lets event time run on, but for the late, which are at most 6 hours behind', () => {
    let newest = Date.UTC(2024, 5, 3)
    const behindMs: number[] = []
    for (const [index, post] of judged.entries()) {
      if (typeof post === 'string') continue
      const { late, fate } = records[index]!
      if (late) behindMs.push(newest - post.timeMs)
      else if (fate === 'written') {
        if (post.timeMs < newest) expect.fail(`record ${index} goes back`)
        newest = post.timeMs
      }
    }
    expect(Math.min(...behindMs)).toBeGreaterThan(minutes(10))
    expect(Math.max(...behindMs)).toBeGreaterThan(hours(5))
    expect(Math.max(...behindMs)).toBeLessThanOrEqual(hours(6))
  })

  test('is busy in the evening and quiet at night', () => {
    const ofHour = new Array<number>(24).fill(0)
    for (const post of judged) {
      if (typeof post === 'string') continue
      const time = new Date(post.timeMs)
      if (time.getUTCDate() === 6) ofHour[time.getUTCHours()]!++
    }
    expect(ofHour[20]).toBeGreaterThan(4 * ofHour[3]!)
  })

  test('has favourites, a long tail and posts that nobody saw', () => {
    const posts = judged.filter((post) => typeof post !== 'string')
    const byAuthor = new Map<string, number>()
    for (const { author } of posts) byAuthor.set(author, (byAuthor.get(author) ?? 0) + 1)
    expect(Math.max(...byAuthor.values())).toBeGreaterThan(posts.length / 20)
    expect(byAuthor.size).toBeGreaterThan(1000)
    const impressions = posts.map((post) => post.impressions).sort((a, b) => a - b)
    expect(impressions.at(-1)).toBeGreaterThan(
      100 * impressions[Math.floor(impressions.length / 2)]!,
    )
    expect(posts.some((post) => post.impressions === 0 && post.likes > 0)).toBe(true)
    expect(new Set(posts.map(({ language }) => language)).size).toBe(7)
  })

  test('mentions every brand, the first the most', () => {
    const mentioned = new Map<string, number>()
    for (const post of judged) {
      if (typeof post === 'string') continue
      for (const name of post.mentions) {
        const brand = name.toLowerCase()
        mentioned.set(brand, (mentioned.get(brand) ?? 0) + 1)
      }
    }
    for (const brand of brands) expect(mentioned.get(brand)).toBeGreaterThan(20)
    expect(mentioned.get('acme')).toBeGreaterThan(1.5 * mentioned.get('globex')!)
  })

  test('writes no line end into a line', () => {
    if (platform === 'youtube') return
    expect(records.filter(({ raw }) => /[\r\n]|^\s*$/.test(raw))).toEqual([])
  })
})

test('makes the same bytes in every process, wherever it runs', () => {
  const script = `
    import { createHash } from 'node:crypto'
    const { twitter } = await import(process.argv[1])
    const simulator = twitter(${SEED})
    const hash = createHash('sha256')
    for (let index = 999; index >= 0; index--) hash.update(simulator(index).raw)
    console.log(hash.digest('hex'))`
  const { href } = new URL('../../../topologies/simulators/twitter.ts', import.meta.url)
  const args = ['--input-type=module', '--eval', script, href]
  const env = { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'tr_TR.UTF-8' }
  const theirs = execFileSync(process.execPath, args, { env }).toString().trim()
  const ours = createHash('sha256')
  for (const { raw } of recordsOf(twitter(SEED), 1000).reverse()) ours.update(raw)
  expect(theirs).toBe(ours.digest('hex'))
})

test('writes texts that trip careless readers', () => {
  const texts = recordsOf(twitter(SEED), 3000)
    .map(({ raw }) => judge('twitter', raw))
    .map((post) => (typeof post === 'string' ? '' : post.text))
  for (const odd of ['🚀', '"quoted, with comma"', 'first line\nsecond line', 'C:\\temp']) {
    expect(texts.some((text) => text.includes(odd))).toBe(true)
  }
})

test('writes CSV that csv-parse reads, line ends in fields included', () => {
  const simulator = youtube(SEED)
  const rows = recordsOf(simulator, 5000).filter(({ fate }) => fate !== 'broken_record')
  const text = `${YOUTUBE_HEADER}\n${rows.map(({ raw }) => `${raw}\n`).join('')}`
  const parsed = parse<Record<string, string>>(text, { columns: true })
  expect(parsed).toHaveLength(rows.length)
  expect(Object.keys(parsed[0]!).join(',')).toBe(YOUTUBE_HEADER)
  expect(parsed.some(({ description }) => description!.includes('\n'))).toBe(true)
  expect(parsed.some(({ title }) => title!.includes('"quoted, with comma"'))).toBe(true)
})

test('knows the brands that the models know', () => {
  const seeds = new URL('../../../topologies/models/seeds/brands.csv', import.meta.url)
  expect(readFileSync(seeds, 'utf8').trim().split(/\r?\n/)).toEqual(['brand', ...brands])
})

test('writes timestamps to the millisecond', () => {
  const times = recordsOf(twitter(SEED), 100).flatMap(({ raw }) => {
    const post = judge('twitter', raw)
    return typeof post === 'string' ? [] : [post.timeMs]
  })
  expect(new Set(times.map((time) => time % 1000)).size).toBeGreaterThan(50)
  expect(parseTimestampUs(new Date(times[0]!).toISOString())).toBe(times[0]! * 1000)
})
