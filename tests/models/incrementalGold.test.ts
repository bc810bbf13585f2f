import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Build, BuildReport, ModelsBuilder } from '../../src/core/models.ts'
import type { TableHandle } from '../../src/core/topology.ts'
import { deltaLog } from '../../src/lake/delta/deltaLog.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { rollbackModels } from '../../src/models/rollbackModels.ts'
import { sqlModels } from '../../src/models/sqlModels.ts'
import type { SqlModelsOptions } from '../../src/models/sqlModels.ts'
import { gates } from '../../topologies/quality/gates.ts'
import { addPosts, query } from './silverLake.ts'
import type { SilverPost } from './silverPosts.ts'

const project = join(import.meta.dirname, '../../topologies/models')
const clock = { now: () => 1_700_000_000_000, sleep: async () => {} }
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const posts: TableHandle = {
  kind: 'table-handle',
  name: 'silver.posts',
  options: { path: 'silver/posts' },
}

interface Gold {
  readonly lake: string
  /** Builds and publishes what Silver has now. */
  build(): Promise<BuildReport>
}

async function goldIn(lake: string, own: Partial<SqlModelsOptions> = {}): Promise<Gold> {
  const unit = sqlModels({ lake, project, reads: { posts }, ...own })
  const context = { node: 'gold', topology: 'social', lineage: 'L1', clock, logger: silent }
  const builder: ModelsBuilder = await unit.open({
    ...context,
    threads: 1,
    memoryBytes: 256 * 1024 * 1024,
  })
  onTestFinished(() => builder.close())
  let epoch = 0
  let state: Build['state'] = null
  return {
    lake,
    build: async () => {
      epoch += 1
      const name = { epoch, attempt: '1-a', task: 'gold' }
      const inputs = await builder.inputs()
      const build = await builder.prepare({ ...name, inputs, state })
      state = build.state
      const files = JSON.parse(JSON.stringify(build.files)) as Build['files']
      const commit = { lineage: 'L1', topology: 'social', node: 'gold', positions: inputs, files }
      expect(await builder.publish({ ...commit, ...name })).toEqual({})
      return build.report
    },
  }
}

async function newLake(): Promise<string> {
  const lake = await mkdtemp(join(tmpdir(), 'sluicebox-test-incremental-'))
  onTestFinished(() => rm(lake, { recursive: true, force: true }))
  return lake
}

const hash = (rows: string): string =>
  `select count(*) as n, coalesce(bit_xor(hash(t)), 0)::varchar as h, coalesce(sum(hash(t)), 0)::varchar as s from ${rows} as t`

/** What every table of Gold holds: as gold.duckdb has it, and as the Delta tables have it. */
async function contents(lake: string, path = 'gold') {
  const database = join(lake, path, `${path}.duckdb`)
  const tablesOf = (schema: string) =>
    query(database, async (all) => {
      const names = await all(
        `select table_name as name from information_schema.tables where table_schema = '${schema}' order by 1`,
      )
      const found: Record<string, unknown> = {}
      for (const { name } of names)
        found[String(name)] = (await all(hash(`${schema}."${String(name)}"`)))[0]
      return found
    })
  const [tables, kept] = [await tablesOf('main'), await tablesOf('main_kept')]
  const store = await openLake(lake)
  const delta = await query(':memory:', async (all) => {
    const found: Record<string, unknown> = {}
    for (const name of Object.keys(tables)) {
      const log = deltaLog({ store, path: `${path}/${name}`, clock })
      const files = [...(await log.snapshot()).files.keys()]
      const list = files.map((file) => `'${join(lake, path, name, file)}'`).join(', ')
      found[name] = (await all(hash(`read_parquet([${list}])`)))[0]
    }
    return found
  })
  return { tables, delta, kept }
}

let made = 0
const day = (number: number): string => new Date(Date.UTC(2024, 1, 20 + number)).toISOString()
const tags = Array.from({ length: 70 }, (_, i) => `tag${i}`)
const brands = ['acme', 'globex', 'initech', 'nobody']

/** Posts whose days, authors, times and hashtags meet each other often. */
const post = fc
  .record({
    platform: fc.constantFrom('twitter', 'reddit', 'youtube'),
    day: fc.integer({ min: 0, max: 24 }),
    hour: fc.integer({ min: 0, max: 2 }),
    author: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 8 }),
    followers: fc.integer({ min: 0, max: 9 }),
    likes: fc.option(fc.integer({ min: 0, max: 4 })),
    shares: fc.integer({ min: 0, max: 2 }),
    comments: fc.integer({ min: 0, max: 2 }),
    impressions: fc.option(fc.integer({ min: 0, max: 50 })),
    hashtags: fc.oneof(
      { weight: 3, arbitrary: fc.subarray(tags.slice(0, 8), { maxLength: 4 }) },
      { weight: 1, arbitrary: fc.subarray(tags, { minLength: 40 }) },
    ),
    mentions: fc.subarray(brands),
    order: fc.nat({ max: 99 }),
  })
  .map(({ day: number, hour, author, order, ...own }): SilverPost => {
    made += 1
    const date = day(number).slice(0, 10)
    return {
      ...(own as unknown as SilverPost),
      date,
      created_at: `${date}T0${hour}:00:00Z`,
      // Of equal times the highest id is the latest, whichever came first.
      post_id: `${order}-${made}`,
      author_id: (author === null ? null : `author${author}`) as string,
      author_name: `name${made % 5}`,
      author_followers: own.followers,
      author_verified: null,
      author_created_at: null,
      ...{ text: `post ${made}`, lang: 'en', url: null, source: 'test' },
      ...{ ingested_at: '2024-06-10T00:00:00Z', source_position: String(made) },
    }
  })
const batches = fc.array(fc.array(post, { minLength: 1, maxLength: 8 }), {
  minLength: 2,
  maxLength: 4,
})

describe('incremental Gold', () => {
  it('holds what a full build holds, whatever came in whichever order', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const gold = await goldIn(await newLake())
        for (const [number, rows] of all.entries()) {
          await addPosts(gold.lake, rows)
          const { touched } = await gold.build()
          const days = [...new Set(rows.map(({ date }) => date))].sort()
          expect(touched).toEqual(number === 0 ? null : days)
        }
        const full = await goldIn(gold.lake, { path: 'full', incremental: false })
        expect((await full.build()).touched).toBeNull()
        const want = await contents(gold.lake, 'full')
        expect(want.delta).toEqual(want.tables)
        expect(Object.keys(want.kept)).toEqual(['int_hashtag_days', 'int_user_days'])
        expect(await contents(gold.lake)).toEqual(want)
      }),
      { numRuns: 4 },
    )
  })

  it('refuses a post that came twice in a touched day, as a full build does', async () => {
    const [first, second] = fc.sample(post, { numRuns: 2, seed: 7 }) as [SilverPost, SilverPost]
    const gold = await goldIn(await newLake())
    await addPosts(gold.lake, [first, second])
    await gold.build()
    // The same id, a day later in arrival, of the same day by its own time.
    await addPosts(gold.lake, [{ ...first, text: 'again', ingested_at: '2024-06-11T00:00:00Z' }])
    const refused = {
      code: 'SBX_MODELS_CHECK',
      message: expect.stringContaining('unique_') as string,
    }
    await expect(gold.build()).rejects.toMatchObject(refused)
    const full = await goldIn(gold.lake, { path: 'full', incremental: false })
    await expect(full.build()).rejects.toMatchObject(refused)
  })

  it('passes the suites of the platform, refreshed as well', async () => {
    const ingested_at = new Date().toISOString()
    const sound = (seed: number) =>
      fc.sample(post, { numRuns: 20, seed }).map((one) => ({ ...one, ingested_at }))
    const lake = await newLake()
    const gold = await goldIn(lake, { gates: gates(lake) })
    await addPosts(lake, sound(1))
    await gold.build()
    await addPosts(lake, sound(2))
    const { touched, checks } = await gold.build()
    expect(touched).not.toBeNull()
    expect(checks.filter(({ failures }) => failures > 0)).toEqual([])
    expect(checks.length).toBeGreaterThan(140)
  })

  it('goes on from a version that was put back', async () => {
    const gold = await goldIn(await newLake())
    const [first, second, third] = fc.sample(batches, { numRuns: 3, seed: 3 }).map((one) => one[0]!)
    await addPosts(gold.lake, first!)
    await gold.build()
    await addPosts(gold.lake, second!)
    await gold.build()
    await rollbackModels({ lake: gold.lake })
    await addPosts(gold.lake, third!)
    expect((await gold.build()).touched).not.toBeNull()
    const full = await goldIn(gold.lake, { path: 'full', incremental: false })
    await full.build()
    expect(await contents(gold.lake)).toEqual(await contents(gold.lake, 'full'))
  })

  it('refuses to go on from counts that somebody has changed', async () => {
    const gold = await goldIn(await newLake())
    const [one] = fc.sample(post, { numRuns: 1, seed: 5 }) as [SilverPost]
    const first = { ...one, author_id: 'a' }
    await addPosts(gold.lake, [first])
    await gold.build()
    const versions = join(gold.lake, 'gold/_versions')
    const file = (await readdir(versions)).find((name) => name.endsWith('.duckdb'))!
    const instance = await DuckDBInstance.create(join(versions, file))
    const connection = await instance.connect()
    await connection.run('update main_kept.int_user_days set posts = posts + 1')
    connection.closeSync()
    instance.closeSync()
    // The same author on another day.
    const [date, created_at] = ['2024-06-01', '2024-06-01T01:00:00Z']
    await addPosts(gold.lake, [{ ...first, date, created_at, post_id: 'another' }])
    await expect(gold.build()).rejects.toMatchObject({
      code: 'SBX_MODELS_CHECK',
      message: expect.stringContaining('posts_add_up') as string,
    })
  })
})
