import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Counts, Summary } from '../../topologies/platform/summary.ts'
import { start, type Ended } from '../contract/platform.ts'
import { query, strayFiles } from '../contract/readLake.ts'
import { landingFolder, type LandingFolder } from './landingFolder.ts'
import { lines, submission, tweet, video, videos } from './records.ts'

const OPTIONS = ['--until', 'silver', '--parallelism', '1', '--json']

/** Runs a micro-batch; what it read and wrote, and what it logged of files. */
async function read(landing: LandingFolder): Promise<Ended & { counts: Counts; logged: string[] }> {
  const ended = await start(landing.args(...OPTIONS)).ended
  const { records } = JSON.parse(ended.stdout) as Summary
  const logged = ended.stderr
    .split('\n')
    .filter((line) => line.includes('"event":"landing_'))
    .map((line) => {
      const { event, file } = JSON.parse(line) as { event: string; file: string }
      return `${event} ${file}`
    })
  return { ...ended, counts: records, logged }
}

const ids = async (landing: LandingFolder): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    landing.lake,
    'SELECT post_id AS id FROM {silver} ORDER BY ALL',
  )
  return rows.map(({ id }) => id)
}

test('each run reads what is new, and that alone', async () => {
  const landing = landingFolder('landing')
  landing.put('twitter/a.ndjson', lines(tweet('a1'), tweet('a2')))
  landing.put('reddit/r.ndjson.gz', gzipSync(lines(submission('r1'))))
  expect((await read(landing)).counts).toMatchObject({ read: 3, written: 3 })

  // Files added later, also in front of others and in folders of their own.
  landing.put('twitter/0.ndjson', lines(tweet('b1')))
  landing.put('youtube/2024/v.csv', videos(video('v1')))
  expect((await read(landing)).counts).toMatchObject({ read: 2, written: 2 })

  // One that grows, and two that were delivered before.
  landing.append('twitter/a.ndjson', lines(tweet('a3'), tweet('a1')))
  landing.age('twitter/a.ndjson', 60_000)
  landing.put('twitter/again.ndjson', lines(tweet('b1')))
  landing.put('reddit/again.ndjson.gz', landing.read('reddit/r.ndjson.gz'))
  const third = await read(landing)
  expect(third.counts).toMatchObject({ read: 2, written: 1, duplicate: 1 })
  expect(third.logged.sort()).toEqual([
    'landing_redelivered again.ndjson',
    'landing_redelivered again.ndjson.gz',
  ])

  // Other bytes at a known path, longer and shorter ones; a re-delivery that grows.
  landing.put('twitter/0.ndjson', lines(tweet('c1'), tweet('c2'), tweet('b1')))
  landing.put('twitter/again.ndjson', lines(tweet('b1'), tweet('d1')))
  landing.put('youtube/2024/v.csv', videos(video('w1')))
  const fourth = await read(landing)
  expect(fourth.counts).toMatchObject({ read: 5, written: 4, duplicate: 1 })
  expect(fourth.logged.sort()).toEqual(['landing_replaced 0.ndjson', 'landing_replaced 2024/v.csv'])

  // A time that changes is no change.
  landing.age('twitter/a.ndjson', 10_000)
  const last = await read(landing)
  expect([last.counts.read, last.logged]).toEqual([0, []])
  expect(await ids(landing)).toEqual(
    ['a1', 'a2', 'a3', 'b1', 'c1', 'c2', 'd1', 'r1', 'v1', 'w1'].sort(),
  )
  expect(strayFiles(landing.lake)).toEqual([])
})

test('what can not be read ends a run with 1, is not reported twice, and is read when it can be', async () => {
  const landing = landingFolder('unreadable')
  landing.put('twitter/a.ndjson', lines(tweet('a1')))
  symlinkSync('target.txt', join(landing.path, 'twitter/link.ndjson'))
  const first = await read(landing)
  expect(first).toMatchObject({ code: 1, counts: { read: 2, written: 1, rejected: 1 } })
  expect(first.stderr).toContain('1 file could not be read; see the table quarantine')
  const second = await read(landing)
  expect(second).toMatchObject({ code: 0, counts: { read: 0 } })
  landing.put('twitter/target.txt', lines(tweet('t1')))
  const third = await read(landing)
  expect(third).toMatchObject({ code: 0, counts: { read: 1, written: 1 } })
  expect(await ids(landing)).toEqual(['a1', 't1'])
})

test('a micro-batch waits for files that are not settled, and leaves one that still changes after 10 s', async () => {
  const landing = landingFolder('unsettled')
  landing.put('twitter/a.ndjson', lines(tweet('a1')))
  landing.put('twitter/b.ndjson', tweet('b1'))
  landing.age('twitter/b.ndjson', 0)
  landing.put('youtube/v.csv', videos(video('v1')))
  const items = gzipSync(lines(submission('r1'), submission('r2')))
  const writing = new AbortController()
  const writer = (async () => {
    for (let at = 0; !writing.signal.aborted; at++) {
      writeFileSync(join(landing.path, 'youtube/w.csv.gz'), items.subarray(0, at % items.length))
      await delay(200)
    }
  })()
  const startedMs = Date.now()
  const first = await read(landing).finally(() => writing.abort())
  await writer
  expect(Date.now() - startedMs).toBeGreaterThan(10_000)
  expect(first).toMatchObject({ code: 0, counts: { read: 3, written: 3 } })
  expect(first.logged).toEqual(['landing_unsettled w.csv.gz'])
  landing.put('youtube/w.csv.gz', gzipSync(videos(video('w1'))))
  expect((await read(landing)).counts).toMatchObject({ read: 1, written: 1 })
  expect(await ids(landing)).toEqual(['a1', 'b1', 'v1', 'w1'])
})

test('streaming takes what comes within seconds, whole records only, and ends in order', async () => {
  const landing = landingFolder('streaming')
  landing.put('twitter/a.ndjson', lines(tweet('a1')))
  const run = start(landing.args(...OPTIONS, '--mode', 'streaming', '--epoch', '200'))
  for (const task of ['twitter', 'reddit', 'youtube']) await run.saw(`"caught_up","task":"${task}"`)
  /** How long it takes until an epoch with so many records is committed, ms. */
  const within = async (task: string, epoch: number, records: number): Promise<number> => {
    const startedMs = Date.now()
    await run.saw(`"task":"${task}","epoch":${epoch},"records_processed":${records}`)
    return Date.now() - startedMs
  }
  await within('twitter', 2, 1)

  landing.put('twitter/b.ndjson', '')
  landing.append('twitter/b.ndjson', `${lines(tweet('b1'), tweet('b2'))}{"id":"half`)
  expect(await within('twitter', 3, 2)).toBeLessThan(8000)
  // A folder that was not there, a document, and the rest of a line.
  landing.put('reddit/r.ndjson', lines(submission('r1')))
  expect(await within('reddit', 2, 1)).toBeLessThan(8000)
  landing.append('twitter/b.ndjson', tweet('').slice('{"id":"'.length))
  landing.append('twitter/b.ndjson', `\n${tweet('b3')}`)
  await within('twitter', 4, 1)
  expect(await within('twitter', 5, 1)).toBeLessThan(8000)

  run.kill('SIGTERM')
  const ended = await run.ended
  expect(ended.code).toBe(0)
  expect((JSON.parse(ended.stdout) as Summary).total.records).toMatchObject({ read: 6, written: 6 })
  expect(await ids(landing)).toEqual(['a1', 'b1', 'b2', 'b3', 'half', 'r1'])
  expect((await read(landing)).counts.read).toBe(0)
})
