import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  eventsByPlatform,
  plantedTruth,
  simulateLanding,
} from '../../../topologies/simulators/writeLanding.ts'
import { twitter } from '../../../topologies/simulators/twitter.ts'
import { judge } from './judge.ts'

const PLATFORMS = ['twitter', 'reddit', 'youtube'] as const

let landing = ''
beforeEach(async () => {
  landing = await mkdtemp(join(tmpdir(), 'landing-'))
})
afterEach(() => rm(landing, { recursive: true }))

const visible = async (platform: string): Promise<string[]> =>
  (await readdir(join(landing, platform))).filter((name) => !name.startsWith('.')).sort()

async function contents(platform: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  for (const name of await visible(platform)) {
    texts.set(name, await readFile(join(landing, platform, name), 'utf8'))
  }
  return texts
}

/** All records of a platform in name order; CSV rows as they stand in the file. */
async function readRecords(platform: (typeof PLATFORMS)[number]): Promise<string[]> {
  const records: string[] = []
  for (const text of (await contents(platform)).values()) {
    if (platform !== 'youtube') records.push(...text.split('\n').slice(0, -1))
    else {
      const rows = parse(text, { raw: true, relax_column_count: true, from: 2 }) as unknown as {
        raw: string
      }[]
      records.push(...rows.map(({ raw }) => raw))
    }
  }
  return records
}

describe('simulateLanding', () => {
  test('writes exactly the events that were asked for, 10 : 2 : 1', async () => {
    const told: number[] = []
    await simulateLanding({ landing, events: 2605, seed: 4, onProgress: (n) => told.push(n) })
    const counts = await Promise.all(
      PLATFORMS.map(async (platform) => (await readRecords(platform)).length),
    )
    expect(counts).toEqual([2005, 400, 200])
    expect(told[0]).toBe(0)
    expect(told.at(-1)).toBe(2605)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    expect(await visible('twitter')).toEqual(['twitter-seed4-0000000000-0000002005.ndjson'])
    expect(await visible('youtube')).toEqual(['youtube-seed4-0000000000-0000000200.csv'])
  })

  test('states what an independent reader finds', async () => {
    await simulateLanding({ landing, events: 6500, seed: 5 })
    await simulateLanding({ landing, events: 9000, seed: 5 })
    const { complete, platforms } = await plantedTruth(landing)
    expect(complete).toBe(true)
    for (const platform of PLATFORMS) {
      const found = { read: 0, written: 0, duplicate: 0, rejected: {} as Record<string, number> }
      const seen = new Set<string>()
      for (const raw of await readRecords(platform)) {
        found.read++
        const post = judge(platform, raw)
        if (typeof post === 'string') found.rejected[post] = (found.rejected[post] ?? 0) + 1
        else if (seen.has(post.id)) found.duplicate++
        else {
          seen.add(post.id)
          found.written++
        }
      }
      expect(platforms[platform]).toEqual(found)
    }
  })

  test('writes nothing twice', async () => {
    await simulateLanding({ landing, events: 130, seed: 1 })
    const names = await readdir(join(landing, 'twitter'))
    const stats = () =>
      Promise.all(names.map((name) => stat(join(landing, 'twitter', name), { bigint: true })))
    const before = await stats()
    const told: number[] = []
    await simulateLanding({ landing, events: 130, seed: 1, onProgress: (n) => told.push(n) })
    expect(await readdir(join(landing, 'twitter'))).toEqual(names)
    expect((await stats()).map(({ ino, mtimeNs }) => [ino, mtimeNs])).toEqual(
      before.map(({ ino, mtimeNs }) => [ino, mtimeNs]),
    )
    expect(told).toEqual([130])
  })

  test('extends what is there to the same records as in one go', async () => {
    const events = 100_000
    await simulateLanding({ landing, events: 50_000, seed: 2 })
    await simulateLanding({ landing, events, seed: 2 })
    expect(await visible('twitter')).toEqual([
      'twitter-seed2-0000000000-0000038462.ndjson',
      'twitter-seed2-0000038462-0000050000.ndjson',
      'twitter-seed2-0000050000-0000076924.ndjson',
    ])
    const extended = [...(await contents('twitter')).values()].join('')
    await rm(landing, { recursive: true })
    await simulateLanding({ landing, events, seed: 2 })
    expect([...(await contents('twitter')).values()].join('') === extended).toBe(true)
    const simulator = twitter(2)
    expect(extended.slice(0, extended.indexOf('\n'))).toBe(simulator(0).raw)
    expect(extended.endsWith(`\n${simulator(76_923).raw}\n`)).toBe(true)
  })

  test('leaves what is there alone when fewer are asked for', async () => {
    await simulateLanding({ landing, events: 1300, seed: 1 })
    await simulateLanding({ landing, events: 13, seed: 1 })
    expect((await plantedTruth(landing)).platforms.twitter.read).toBe(1000)
  })

  test('fills a gap', async () => {
    await simulateLanding({ landing, events: 130, seed: 1 })
    await simulateLanding({ landing, events: 260, seed: 1 })
    const first = join(landing, 'reddit', 'reddit-seed1-0000000000-0000000020.ndjson')
    const bytes = await readFile(first)
    await rm(first)
    expect((await plantedTruth(landing)).complete).toBe(false)
    await simulateLanding({ landing, events: 260, seed: 1 })
    expect(await readFile(first)).toEqual(bytes)
    expect((await plantedTruth(landing)).complete).toBe(true)
  })

  test('keeps seeds apart', async () => {
    await simulateLanding({ landing, events: 1300, seed: 1 })
    await simulateLanding({ landing, events: 1300, seed: 10 })
    const ids = (await readRecords('twitter'))
      .map((raw) => judge('twitter', raw))
      .flatMap((post) => (typeof post === 'string' ? [] : [post.id]))
    const { complete, platforms } = await plantedTruth(landing)
    expect(complete).toBe(true)
    expect(platforms.twitter.read).toBe(2000)
    expect(platforms.twitter.written).toBe(new Set(ids).size)
  })

  test('several at once make one landing zone', async () => {
    const options = { landing, events: 1300, seed: 3 }
    await Promise.all([simulateLanding(options), simulateLanding(options)])
    const { complete, platforms } = await plantedTruth(landing)
    expect(complete).toBe(true)
    expect(platforms.twitter.read).toBe(1000)
  })

  test('stops when asked to, leaves whole files, and goes on later', async () => {
    const stop = new AbortController()
    const options = { landing, events: 30_000, seed: 1 }
    await simulateLanding({
      ...options,
      signal: stop.signal,
      onProgress: (events) => {
        if (events > 0) stop.abort()
      },
    })
    const left = await readdir(landing, { recursive: true })
    expect(left.filter((name) => name.endsWith('.part'))).toEqual([])
    expect((await plantedTruth(landing)).platforms.twitter.read).toBe(0)
    await simulateLanding(options)
    expect((await plantedTruth(landing)).platforms.twitter.read).toBe(23_078)
  })

  test('clears up what a killed process left', async () => {
    await simulateLanding({ landing, events: 13, seed: 1 })
    // Larger than any process id.
    const part = join(landing, 'twitter', '.twitter-seed1-x.ndjson.4194305-0ab.part')
    await writeFile(part, '{')
    await simulateLanding({ landing, events: 13, seed: 1 })
    await expect(stat(part)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('writes nothing for no events', async () => {
    await simulateLanding({ landing, events: 0, seed: 1 })
    expect(await visible('twitter')).toEqual([])
    expect(await plantedTruth(landing)).toMatchObject({ complete: true })
  })

  test.each([
    { events: -1 },
    { events: 1.5 },
    { events: 2 ** 32 },
    { seed: -1 },
    { seed: 2 ** 32 },
  ])('refuses %j', async (options) => {
    await expect(
      simulateLanding({ landing, events: 1, seed: 1, ...options }),
    ).rejects.toMatchObject({ name: 'ConfigError', code: 'SBX_SIMULATE_OPTIONS' })
  })
})

describe('plantedTruth', () => {
  const file = (): string => join(landing, 'reddit', 'reddit-seed1-0000000000-0000000200.ndjson')

  beforeEach(() => simulateLanding({ landing, events: 1300, seed: 1 }))

  test.each([
    ['a foreign file', () => writeFile(join(landing, 'youtube', 'export.csv'), 'a,b\n')],
    ['a file that grew', () => appendFile(file(), '{"id":"1"}\n')],
    ['a renamed file', () => rename(file(), join(landing, 'reddit', 'mine.ndjson'))],
    [
      'a damaged truth',
      () =>
        writeFile(
          join(landing, 'reddit', '.reddit-seed1-0000000000-0000000200.ndjson.truth.json'),
          '{',
        ),
    ],
  ])('is incomplete with %s', async (_, change) => {
    await change()
    expect((await plantedTruth(landing)).complete).toBe(false)
  })

  test('passes over what readers pass over', async () => {
    for (const name of ['.hidden', 'x.tmp', 'x.part']) {
      await writeFile(join(landing, 'twitter', name), 'x')
    }
    expect((await plantedTruth(landing)).complete).toBe(true)
  })

  test('finds nothing where there is no landing zone', async () => {
    expect(await plantedTruth(join(landing, 'none'))).toMatchObject({ complete: true })
  })
})

test('more events are never fewer of a platform', () => {
  let before = eventsByPlatform(0)
  for (let events = 1; events < 1000; events++) {
    const now = eventsByPlatform(events)
    expect(now.twitter + now.reddit + now.youtube).toBe(events)
    for (const platform of PLATFORMS) expect(now[platform]).toBeGreaterThanOrEqual(before[platform])
    before = now
  }
  expect(eventsByPlatform(1300)).toEqual({ twitter: 1000, reddit: 200, youtube: 100 })
})
