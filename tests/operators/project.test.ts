import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { date, int32, int64, timestamp, timestampText } from '../../src/core/columnSchemas.ts'
import { defineTopology } from '../../src/core/defineTopology.ts'
import {
  constant,
  dayOf,
  distinctLower,
  first,
  microsOf,
  sourcePosition,
  sum,
} from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import { decodeJson } from '../../src/operators/decodeJson.ts'
import { map } from '../../src/operators/map.ts'
import { project } from '../../src/operators/project.ts'
import { validate } from '../../src/operators/validate.ts'
import { windowDedup } from '../../src/operators/windowDedup.ts'
import { run } from '../../src/runtime/run.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { deltaTable } from '../../src/sinks/delta/deltaTable.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { feed } from './feed.ts'

const Tweet = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  at: timestampText(),
  text: v.nullable(v.string()),
  likes: v.number(),
  up: v.pipe(v.number(), v.safeInteger()),
  down: v.pipe(v.number(), v.safeInteger()),
  safe: v.nullable(v.boolean()),
  tags: v.array(v.string()),
})
const Post = v.object({
  kind: v.string(),
  day: date(),
  id: v.string(),
  at: timestamp(),
  text: v.nullable(v.string()),
  likes: v.number(),
  up: int32(),
  total: v.nullable(int64()),
  safe: v.nullable(v.boolean()),
  tags: v.array(v.string()),
  tag: v.nullable(v.string()),
  position: v.string(),
})
const toPost = projection(Tweet, Post, (tweet) => ({
  kind: constant('tweet'),
  day: dayOf(tweet.at),
  id: tweet.id,
  at: microsOf(tweet.at),
  text: tweet.text,
  likes: tweet.likes,
  up: tweet.up,
  total: sum(tweet.up, tweet.down),
  safe: tweet.safe,
  tags: distinctLower(tweet.tags),
  tag: first(tweet.tags),
  position: sourcePosition,
}))

const tweet = (at: number) => ({
  id: `${at % 900}`,
  at: `2024-06-0${1 + (at % 3)}T10:00:0${at % 10}.5Z`,
  text: at % 4 === 0 ? null : `Zeile ${at}\nü😀`.repeat(at % 7),
  likes: at / 8,
  up: at - 500,
  down: at,
  safe: at % 5 === 0 ? null : at % 2 === 0,
  tags: Array.from({ length: at % 4 }, (_, tag) => `Tag${tag % 2}Ü`),
})
/** Some as the schema says, some with white space or other keys, some refused, some broken. */
const lines = Array.from({ length: 1000 }, (_, at) => {
  const one = tweet(at)
  if (at % 11 === 0) return JSON.stringify({ more: 1, ...one })
  if (at % 13 === 0) return JSON.stringify(one, undefined, 1).replaceAll('\n', ' ')
  if (at % 17 === 0) return JSON.stringify({ ...one, id: '' })
  return at % 19 === 0 ? JSON.stringify(one).slice(0, 40) : JSON.stringify(one)
})

/** Writes a file that nobody has to wait for. */
async function writeSettled(path: string, content: readonly string[]): Promise<void> {
  await writeFile(path, content.join('\n'))
  await utimes(path, 1_700_000_000, 1_700_000_000)
}

/** The table that the lines become, through `project` or through `map`, and the ledger. */
async function tableBy(way: 'project' | 'map') {
  const root = await mkdtemp(join(tmpdir(), 'sluicebox-project-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeSettled(join(root, 'a.ndjson'), lines)
  const lake = join(root, 'lake')
  let objects = 0
  const of: typeof toPost.of = (...args) => {
    objects++
    return toPost.of(...args)
  }
  const counted = { ...toPost, of }
  const topology = defineTopology('posts', { rejects: quarantineTable({ lake }) }, (flow) => ({
    table: flow
      .source('tweets', landingFiles({ path: root }))
      .via('decode', decodeJson())
      .via('validate', validate(Tweet))
      .via('post', way === 'project' ? project(counted) : map(toPost.of))
      .via(
        'dedup',
        windowDedup({
          key: (post) => post.id,
          eventTime: (post) => Number(post.at) / 1000,
          windowMs: Infinity,
        }),
      )
      .toTable(
        'posts',
        deltaTable({ lake, path: 'posts', schema: Post, partitionBy: ['kind', 'day'] }),
      ),
  }))
  const { tasks } = await run(topology, { batchBytes: 16 << 10 }).done
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const files = join(lake, 'posts/**/*.parquet')
  const found = await connection.runAndReadAll(
    `SELECT * EXCLUDE position, split_part(position, ':', 2)::INT AS place
     FROM read_parquet('${files}', hive_partitioning = true) ORDER BY place`,
  )
  return { rows: found.getRowObjectsJson(), ledger: tasks[0]!.ledger, objects }
}

test('gives the rows that map gives, from bytes as from objects', async () => {
  const [projected, mapped] = await Promise.all([tableBy('project'), tableBy('map')])
  expect(projected.rows.length).toBeGreaterThan(700)
  expect(projected.rows).toEqual(mapped.rows)
  expect(projected.ledger).toEqual(mapped.ledger)
  // Those with white space or other keys, and few more while the reader rests.
  expect(projected.objects).toBeLessThan(250)
  expect(projected.ledger['dedup']!.duplicate).toBeGreaterThan(50)
})

test('gives objects to whoever takes no stored rows', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluicebox-project-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeSettled(join(root, 'a.ndjson'), lines.slice(1, 10))
  const lake = join(root, 'lake')
  const sink = memorySink<v.InferOutput<typeof Post>>()
  const topology = defineTopology('posts', { rejects: quarantineTable({ lake }) }, (flow) => ({
    sink: flow
      .source('tweets', landingFiles({ path: root }))
      .via('decode', decodeJson())
      .via('validate', validate(Tweet))
      .via('post', project(toPost))
      .to('sink', sink),
  }))
  await run(topology, { lake }).done
  expect(sink.records.length).toBe(9)
  expect(sink.records[0]).toMatchObject({ id: '1', kind: 'tweet', day: '2024-06-02', up: -499 })
})

test('makes a row of each record, wherever it stands', () => {
  const { out } = feed(project(toPost), [tweet(1) as never], { source: 'a', offset: 7 })
  expect(out).toEqual([
    {
      ...{ kind: 'tweet', day: '2024-06-02', id: '1', at: 1_717_322_401_500_000 },
      ...{ text: 'Zeile 1\nü😀', likes: 0.125, up: -499, total: -498, safe: false },
      ...{ tags: ['tag0ü'], tag: 'Tag0Ü', position: 'a:7' },
    },
  ])
})

test('says which field is no time', () => {
  const Loose = v.object({ at: v.string() })
  const loose = projection(Loose, v.object({ at: timestamp() }), ({ at }) => ({ at: microsOf(at) }))
  expect(() => feed(project(loose), [{ at: 'noon' }])).toThrow(
    'at is no time; check it with timestampText()',
  )
})

test('refuses a column that the rows do not have', () => {
  const Id = v.object({ id: v.string() })
  expect(() => projection(Tweet, Id, ({ id, text }) => ({ id, text }))).toThrow(
    'the rows have no column text',
  )
})
