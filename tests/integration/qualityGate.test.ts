import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { days } from '../../src/core/durations.ts'
import { readResults } from '../../src/quality/resultStore.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'

const root = join(import.meta.dirname, '../..')
let home: string
let lake: string
let landing: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluicebox-gate-'))
  lake = join(home, 'lake')
  landing = join(home, 'landing')
  // The platform itself, whose models can be spoilt here.
  await cp(join(root, 'topologies'), join(home, 'topologies'), { recursive: true })
  for (const shared of ['src', 'node_modules', 'package.json']) {
    await symlink(join(root, shared), join(home, shared))
  }
  // Unit tests of models would find some of what is spoilt before there is anything to check.
  const facts = join(home, models, 'marts/facts/schema.yml')
  await writeFile(facts, (await readFile(facts, 'utf8')).split('\nunit_tests:')[0]!)
  await mkdir(landing)
  await simulateLanding({ landing, events: 3000, seed: 5 })
  expect(await platform()).toMatchObject({ code: 0 })
})
afterAll(() => rm(home, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly stderr: string
}

/** The platform as a process of its own, on a clock that is this much ahead. */
function platform(
  { aheadMs = 0, ...where }: { lake?: string; landing?: string; aheadMs?: number } = {},
  ...more: string[]
): Promise<Ended> {
  const clock = `const now = Date.now; Date.now = () => now() + ${aheadMs}`
  const preload = `data:text/javascript,${encodeURIComponent(clock)}`
  const full = join(home, 'topologies/full.ts')
  const argv = ['--import', preload, full, '--lake', where.lake ?? lake]
  argv.push('--landing', where.landing ?? landing, '--parallelism', '1', ...more)
  const env = { ...process.env, SLUICEBOX_LOG: 'error' }
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { env, cwd: home }, (error, _, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stderr })
    })
  })
}

/** What readers of Gold can see, byte by byte. */
async function goldDigest(of = lake): Promise<string> {
  const digest = createHash('sha256')
  const entries = await readdir(join(of, 'gold'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    digest.update(path).update(await readFile(path))
  }
  return digest.digest('hex')
}

const models = 'topologies/models/models'
/** What is done to a model, how its suite says so, and a part of the row that it names. */
const DEFECTS: readonly (readonly [what: string, model: string, sql: string, said: string])[] = [
  [
    'a duplicate key',
    'marts/dimensions/dim_posts',
    'select * from m union all (select * from m order by post_key limit 1)',
    'gold_dimensions.dim_posts.expectColumnValuesToBeUnique(post_key): 2 failing rows, such as {"post_key":"',
  ],
  [
    'a null key',
    'marts/dimensions/dim_users',
    'select * replace (nullif(user_key, (select min(user_key) from m)) as user_key) from m',
    'gold_dimensions.dim_users.expectColumnValuesToNotBeNull(user_key): 1 failing rows, such as {"user_key":null}',
  ],
  [
    'an orphan fact',
    'marts/facts/fact_engagements',
    "select * replace (case when engagement_key = (select min(engagement_key) from m) then 'nobody' else post_key end as post_key) from m",
    'gold_facts.fact_engagements.expectForeignKeysInColumnAToExistInColumnB(post_key, post_key): 1 failing rows, such as {"engagement_key":"',
  ],
  [
    'a negative rate',
    'marts/facts/fact_post_metrics',
    'select * replace (case when post_key = (select min(post_key) from m) then -2.5 else engagement_rate end as engagement_rate) from m',
    '"engagement_rate":-2.5}',
  ],
  [
    'a missing day',
    'marts/reports/mart_daily_active_users',
    'select * from m where post_date <> (select min(post_date) from m)',
    'every day with posts is there for all platforms together: 1 failing rows, such as {"missing_day":"',
  ],
  [
    'a hole in the calendar',
    'marts/dimensions/dim_date',
    "select * from m union all (select 20990101, date '2099-01-01', * exclude (date_key, date) from m limit 1)",
    'no day is missing between the first and the last: 1 failing rows, such as {"missing_day":"',
  ],
  [
    'rows cut by half',
    'marts/facts/fact_engagements',
    'select * from m qualify row_number() over (order by engagement_key) % 2 = 0',
    'gold_facts.fact_engagements.expectTableRowCountChangeToBeBetween(): 1 failing rows, such as {"observed":{"rows":',
  ],
]

it.each(DEFECTS)('%s in %s blocks promotion', async (_what, model, sql, said) => {
  const file = join(home, models, `${model}.sql`)
  const sound = await readFile(file, 'utf8')
  const before = await goldDigest()
  await writeFile(file, `with m as (\n${sound}\n)\n${sql}`)
  const blocked = await platform()
  expect(blocked.stderr).toContain(said)
  expect(blocked.code).toBe(3)
  expect(await goldDigest()).toBe(before)

  await writeFile(file, `${sound}\n-- mended`)
  expect(await platform()).toMatchObject({ code: 0 })
  expect(await goldDigest()).not.toBe(before)
})

/** What is done to the version that readers see, in a day that no refresh builds. */
const CHANGES: readonly (readonly [what: string, sql: string, said: string])[] = [
  [
    'a duplicate key',
    'insert into dim_posts from dim_posts where post_key = (select min(post_key) from dim_posts where date_key = DAY)',
    'unique_dim_posts_post_key: 1 failing rows, such as {"unique_field":"',
  ],
  [
    'a null key',
    'update dim_posts set post_key = null where post_key = (select min(post_key) from dim_posts where date_key = DAY)',
    'gold_dimensions.dim_posts.expectColumnValuesToNotBeNull(post_key): 1 failing rows, such as {"post_key":null}',
  ],
  [
    'an orphan fact',
    "update fact_engagements set post_key = 'nobody' where engagement_key = (select min(engagement_key) from fact_engagements where date_key = DAY)",
    'gold_facts.fact_engagements.expectForeignKeysInColumnAToExistInColumnB(post_key, post_key): 1 failing rows, such as {"engagement_key":"',
  ],
  [
    'a negative rate',
    'update fact_post_metrics set engagement_rate = -2.5 where post_key = (select min(post_key) from fact_post_metrics where date_key = DAY)',
    '"engagement_rate":-2.5}',
  ],
  [
    'a missing day',
    'delete from mart_daily_active_users where post_date = (select date from dim_date where date_key = DAY)',
    'every day with posts is there for all platforms together: 1 failing rows, such as {"missing_day":"',
  ],
  [
    'rows cut by half',
    'delete from fact_engagements where rowid % 2 = 0',
    'gold_facts.fact_engagements.expectTableRowCountChangeToBeBetween(): 1 failing rows, such as {"observed":{"rows":',
  ],
]

it('what somebody changed in a day long built blocks the next refresh, until it is put back', async () => {
  const own = { lake: join(home, 'own-lake'), landing: join(home, 'own-landing') }
  await mkdir(own.landing)
  await simulateLanding({ landing: own.landing, events: 3000, seed: 5 })
  expect(await platform(own)).toMatchObject({ code: 0 })
  const versions = join(own.lake, 'gold/_versions')
  const [database] = (await readdir(versions)).filter((name) => name.endsWith('.duckdb'))
  const file = join(versions, database!)
  const sound = await readFile(file)
  await simulateLanding({ landing: own.landing, events: 3002, seed: 5 })
  for (const [, sql, said] of CHANGES) {
    await execute(file, sql)
    const blocked = await platform(own)
    expect(blocked.stderr).toContain(said)
    expect(blocked.code).toBe(3)
    expect(await readdir(versions)).toHaveLength(2)
    await writeFile(file, sound)
  }
  expect(await platform(own)).toMatchObject({ code: 0 })
  const [newest, ...older] = await readResults(await openLake(own.lake), 'gold_facts')
  expect(newest).toMatchObject({ success: true, blocked: false })
  expect(older[0]).toMatchObject({ success: false, blocked: true })
})

/** Runs a statement in which DAY is the one with the least posts. */
async function execute(file: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  const day =
    '(select date_key from fact_post_metrics group by date_key order by count(*), date_key limit 1)'
  await connection.run(sql.replaceAll('DAY', day))
  connection.closeSync()
  instance.closeSync()
}

it('a platform that delivers no more blocks promotion until it does, however busy the others are', async () => {
  const own = { lake: join(home, 'stale-lake'), landing: join(home, 'stale-landing') }
  const later = join(home, 'later-landing')
  for (const folder of [own.landing, later]) await mkdir(folder)
  await simulateLanding({ landing: own.landing, events: 1000, seed: 5 })
  expect(await platform({ ...own, aheadMs: -days(8) })).toMatchObject({ code: 0 })
  const before = await goldDigest(own.lake)

  await simulateLanding({ landing: later, events: 1100, seed: 6 })
  const deliver = async (source: string) => {
    for (const file of await readdir(join(later, source))) {
      await cp(join(later, source, file), join(own.landing, source, `later-${file}`))
    }
  }
  await deliver('twitter')
  await deliver('reddit')
  const blocked = await platform(own)
  expect(blocked.stderr).toContain('posts: youtube has delivered in the last 7 days')
  expect(blocked.stderr).not.toContain('reddit has delivered')
  expect(blocked.code).toBe(3)
  expect(await goldDigest(own.lake)).toBe(before)

  await deliver('youtube')
  expect(await platform(own)).toMatchObject({ code: 0 })
  expect(await goldDigest(own.lake)).not.toBe(before)
  const [newest, ...older] = await readResults(await openLake(own.lake), 'silver_posts')
  expect(newest).toMatchObject({ success: true, blocked: false })
  expect(older[0]).toMatchObject({ success: false, blocked: true })
})
