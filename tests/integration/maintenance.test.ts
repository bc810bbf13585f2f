import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runPython } from '../../scripts/python.ts'
import { startS3, type S3Server } from '../../scripts/services/startS3.ts'
import { listRawFiles, openLake, run, type ObjectStore } from '../../src/index.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { s3Client } from '../../src/lake/s3Client.ts'
import { compact, vacuum } from '../../src/parquet.ts'
import { root, temporary } from '../contract/platform.ts'
import { count, eventLake, eventOf, manySmallFiles, NEW_IDS, path } from './smallFiles.ts'

// Real files, a real S3 server, real processes that are killed.

const BUCKET = `lake-${randomUUID()}`
const before = { ...process.env }
const folder = temporary('maintenance')
const LONG = { timeout: 120_000 }
let server: S3Server
beforeAll(async () => {
  server = await startS3({ server: 'versitygw' })
  Object.assign(process.env, server.env)
  await s3Client().send(new CreateBucketCommand({ Bucket: BUCKET }))
}, 120_000)
afterAll(async () => {
  process.env = before
  await server.stop()
  rmSync(folder, { recursive: true })
})

const lakeOn = (where: 'disk' | 's3', name: string): string =>
  where === 'disk' ? join(folder, name) : `s3://${BUCKET}/${name}`

/** `npm run compact` or `vacuum`; killed once `isTime` says so, or after some time. */
async function command(
  script: 'compact' | 'vacuum',
  args: readonly string[],
  isTime?: number | (() => Promise<boolean>),
): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = spawn(process.execPath, [join(root, `scripts/${script}.ts`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  }
  let isOver = false
  const ended = once(child, 'close').then((closed: unknown[]) => {
    isOver = true
    return closed
  })
  const timer =
    typeof isTime === 'number' ? setTimeout(() => child.kill('SIGKILL'), isTime) : undefined
  if (typeof isTime === 'function') {
    while (!isOver && !(await isTime())) await delay(5)
    child.kill('SIGKILL')
  }
  const [code] = (await ended) as [number | null]
  clearTimeout(timer)
  return { code, text }
}

async function filesIn(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys.filter((key) => !key.includes('/_delta_log/'))
}

/** Puts a file of events into a landing zone in one step. */
async function land(landing: string, name: string, ids: readonly number[]): Promise<void> {
  const lines = ids.map((id) => `${JSON.stringify(eventOf(id))}\n`)
  await writeFile(join(landing, `.${name}`), lines.join(''))
  await rename(join(landing, `.${name}`), join(landing, name))
}

const POLL = `
import json, sys, os, time
import pyarrow.compute as pc
from deltalake import DeltaTable
polls, versions, wrong, added = 0, set(), [], 0
while not os.path.exists(sys.argv[2]):
    table = DeltaTable(sys.argv[1])
    ids = table.to_pyarrow_table(columns=["id"])["id"]
    old = pc.sum(pc.less(ids, 1000000)).as_py()
    distinct = pc.count_distinct(ids).as_py()
    if old != int(sys.argv[3]) or distinct != len(ids) or len(ids) - old < added:
        wrong.append([table.version(), old, len(ids), distinct])
    added = len(ids) - old
    polls += 1
    versions.add(table.version())
    open(sys.argv[4], "w").close()
print(json.dumps({"polls": polls, "versions": len(versions), "wrong": wrong, "added": added}))
`

describe.each([
  ['disk', 5000],
  ['s3', 600],
] as const)('on %s', (where, smallFiles) => {
  test(`${smallFiles} small files become few while a topology writes and readers poll`, async () => {
    const lake = lakeOn(where, 'small')
    const landing = join(folder, `landing-${where}`)
    mkdirSync(landing)
    const old = await manySmallFiles(lake, smallFiles)
    const stop = join(folder, `stop-${where}`)
    const ready = join(folder, `ready-${where}`)
    const foreign =
      where === 'disk'
        ? runPython<{ polls: number; versions: number; wrong: unknown[]; added: number }>(
            POLL,
            ...[join(lake, path), stop, String(old), ready],
          )
        : undefined

    const running = run(eventLake({ lake, landing }), {
      ...{ mode: 'streaming', epochMs: 200, upkeep: false },
    })
    let isOver = false
    let added = 0
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        const ids = Array.from({ length: 20 }, () => NEW_IDS + added++)
        await land(landing, `${String(n).padStart(5, '0')}.ndjson`, ids)
        await delay(50)
      }
    })()
    const polls: Awaited<ReturnType<typeof count>>[] = []
    const polling = (async () => {
      while (!isOver) polls.push(await count(lake))
    })()
    // The other reader has seen the table as it was.
    if (foreign !== undefined) {
      await Promise.race([foreign, expect.poll(() => existsSync(ready), LONG).toBe(true)])
    }
    const both = await Promise.all([
      command('compact', ['--lake', lake, path]),
      command('compact', ['--lake', lake, path]),
    ])
    const folded = both.map(({ code, text }) => {
      expect(code, text).toBe(0)
      return /(\d+) files became (\d+)/.exec(text)!.slice(1).map(Number)
    })
    // They share the work: each folds what the other has left.
    const [were, became] = [0, 1].map((at) => folded.reduce((sum, counts) => sum + counts[at]!, 0))
    expect(were).toBeGreaterThan(smallFiles * 0.9)
    expect(became).toBeLessThan(were! / 2)
    isOver = true
    await Promise.all([writing, polling])
    while (running.progress.records < added) await delay(50)
    await running.close()
    await writeFile(stop, '')

    expect(polls.length).toBeGreaterThan(0)
    let least = 0
    for (const poll of polls) {
      expect(poll).toMatchObject({ old, doubled: 0 })
      expect(poll.added).toBeGreaterThanOrEqual(least)
      least = poll.added
    }
    const after = await count(lake)
    expect(after).toMatchObject({ old, added, doubled: 0 })
    if (foreign !== undefined) {
      const { polls: looks, versions, wrong } = await foreign
      expect(wrong).toEqual([])
      expect(Math.min(looks, versions)).toBeGreaterThan(1)
    }

    await compact({ lake, path })
    // Of each of 28 partitions the large file, and what came meanwhile.
    const { files } = await count(lake)
    expect(files).toBeLessThanOrEqual(28 * 2)
    const gone = await command('vacuum', ['--lake', lake, '--retention', '0', path])
    expect(gone.text).toMatch(/ files, \d+ bytes deleted; \d+ stay/)
    expect(await count(lake)).toMatchObject({ old, added, doubled: 0, files })
    const store = await openLake(lake)
    // What the newest checkpoint names stays until the next.
    expect((await filesIn(store, `${path}/`)).length).toBeLessThan(files + 28 * 2)
    closeLake(lake)
  })

  test('vacuum at every moment of an open epoch deletes nothing that it needs', async () => {
    const lake = lakeOn(where, 'race')
    const landing = join(folder, `race-${where}`)
    mkdirSync(landing)
    const store = await openLake(lake)
    let vacuums = 0
    const everythingGoes = async (): Promise<void> => {
      vacuums++
      presetLake(lake, store)
      await vacuum({ lake, path, retentionMs: 0 }).catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'SBX_NO_TABLE') throw error
      })
      presetLake(lake, watched)
    }
    const watched: ObjectStore = {
      ...store,
      async create(key, bytes) {
        const isCommit =
          /_checkpoints\/.*\/\d{12}$/.test(key) || key.startsWith(`${path}/_delta_log/`)
        // Prepared and not committed; committed and not published; published.
        if (isCommit) await everythingGoes()
        const result = await store.create(key, bytes)
        if (isCommit) await everythingGoes()
        return result
      },
    }
    presetLake(lake, watched)
    for (let life = 0; life < 3; life++) {
      const ids = Array.from({ length: 56 }, (_, n) => NEW_IDS + life * 56 + n)
      await land(landing, `${life}.ndjson`, ids)
      await run(eventLake({ lake, landing }), { epochMs: 1, batchBytes: 1024 }).done
      await compact({ lake, path })
    }
    expect(vacuums).toBeGreaterThan(20)
    expect(await count(lake)).toMatchObject({ added: 168, doubled: 0 })
    closeLake(lake)
  })

  test('compaction that is killed at any moment leaves the same rows', async () => {
    const lake = lakeOn(where, 'killed')
    const old = await manySmallFiles(lake, 600)
    const store = await openLake(lake)
    let kills = 0
    for (let at = 0; at < 6; at++) {
      // Killed while the first, second or third file is written, or its entry.
      const before = (await filesIn(store, `${path}/`)).length
      const isTime = async (): Promise<boolean> =>
        (await filesIn(store, `${path}/`)).length > before + (at % 3)
      const { code } = await command('compact', ['--lake', lake, path], isTime)
      if (code === null) kills++
      expect(await count(lake)).toMatchObject({ old, added: 0, doubled: 0 })
    }
    expect(kills).toBeGreaterThan(0)
    expect((await command('compact', ['--lake', lake, path])).code).toBe(0)
    expect(await count(lake)).toMatchObject({ old, added: 0, doubled: 0, files: 28 })
    if (where === 'disk') {
      for (const file of readdirSync(lake, { recursive: true }).map(String)) {
        if (file.endsWith('.parquet')) utimesSync(join(lake, file), 0, 0)
      }
      await vacuum({ lake, path, retentionMs: 0 })
      expect(await filesIn(store, `${path}/`)).toHaveLength(28)
      expect(await count(lake)).toMatchObject({ old, doubled: 0 })
    }
    closeLake(lake)
  })

  test('Bronze compaction that is killed at any moment loses and doubles no line at rest', async () => {
    const lake = lakeOn(where, 'bronze')
    const store = await openLake(lake)
    const raw = 'bronze/events'
    const files = where === 'disk' ? 1500 : 300
    const hour = `${raw}/ingest_date=2024-06-10/hour=12/`
    const lines: string[] = []
    for (let n = 0; n < files; n++) {
      const own = [0, 1].map((k) => `{"n":${n},"k":${k}}`)
      lines.push(...own)
      await store.create(`${hour}in-${n}-1-ab-0.ndjson`, Buffer.from(`${own.join('\n')}\n`))
    }
    lines.sort()
    const read = async (keys: readonly string[]): Promise<string[]> => {
      const texts = await Promise.all(
        keys.map(async (key) => Buffer.from((await store.read(key)) ?? []).toString()),
      )
      return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).sort()
    }
    const plain = async () => read(await filesIn(store, `${raw}/`))
    const start = await timed(() => command('compact', ['--lake', lakeOn(where, 'none'), raw]))
    let kills = 0
    let doubled = 0
    for (let at = 0; at < 12; at++) {
      const { code } = await command('compact', ['--lake', lake, raw], start * (0.8 + at / 10))
      if (code === null) kills++
      const listed = await plain()
      expect([...new Set(listed)]).toEqual(lines)
      if (listed.length > lines.length) doubled++
      expect(await read((await listRawFiles(store, raw)).map(({ key }) => key))).toEqual(lines)
    }
    const last = await command('compact', ['--lake', lake, raw])
    expect(last.code, last.text).toBe(0)
    expect(await plain()).toEqual(lines)
    expect((await filesIn(store, `${raw}/`)).length).toBeLessThan(4)
    expect(kills).toBeGreaterThan(1)
    console.log(`${where}: ${kills} kills, ${doubled} of them while files changed places`)
    // Nothing waits: no staged file, no unfinished upload.
    if (where === 'disk') {
      const staged = readdirSync(join(lake, '_staging'), { recursive: true, withFileTypes: true })
      expect(staged.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual([])
    } else {
      const request = new ListMultipartUploadsCommand({ Bucket: BUCKET })
      expect((await s3Client().send(request)).Uploads ?? []).toEqual([])
    }
    closeLake(lake)
  })
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
