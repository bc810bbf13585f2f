import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { date, int64, timestamp, timestampText, wholeText } from '../../src/core/columnSchemas.ts'
import { defineTopology } from '../../src/core/defineTopology.ts'
import {
  constant,
  dayOf,
  joined,
  marked,
  microsOf,
  separated,
  sourcePosition,
  wholeOf,
} from '../../src/core/projection/expression.ts'
import { projection } from '../../src/core/projection/projection.ts'
import type { Projection } from '../../src/core/projection/projection.ts'
import { decodeCsv } from '../../src/operators/decodeCsv.ts'
import { decodeShapes } from '../../src/operators/decodeShapes.ts'
import { map } from '../../src/operators/map.ts'
import { project } from '../../src/operators/project.ts'
import { projectShapes } from '../../src/operators/projectShapes.ts'
import { validate } from '../../src/operators/validate.ts'
import { run } from '../../src/runtime/run.ts'
import { deltaTable } from '../../src/sinks/delta/deltaTable.ts'
import { quarantineTable } from '../../src/sinks/delta/quarantineTable.ts'
import { landingFiles } from '../../src/sources/landingFiles.ts'

const Video = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  at: timestampText(),
  title: v.string(),
  tags: v.string(),
  views: wholeText(),
})
const Note = v.object({ note: v.string() })
const Post = v.object({
  kind: v.string(),
  day: v.nullable(date()),
  at: v.nullable(timestamp()),
  text: v.string(),
  tags: v.array(v.string()),
  mentions: v.array(v.string()),
  views: v.nullable(int64()),
  position: v.string(),
})
const videoToPost = projection(Video, Post, (video) => ({
  kind: constant('video'),
  day: dayOf(video.at),
  at: microsOf(video.at),
  text: joined(video.id, ': ', video.title),
  tags: separated(video.tags, '|'),
  mentions: marked(video.title, '@'),
  views: wholeOf(video.views),
  position: sourcePosition,
}))
const noteToPost = projection(Note, Post, ({ note }) => ({
  kind: constant('note'),
  ...{ day: constant(null), at: constant(null), views: constant(null) },
  text: note,
  ...{ tags: marked(note, '#'), mentions: marked(note, '@') },
  position: sourcePosition,
}))

const COLUMNS = ['id', 'at', 'title', 'tags', 'views']
const field = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Some quoted, some refused, some broken, one with a number beyond 2^53. */
function csv(columns: readonly string[], count: number): string {
  const rows = Array.from({ length: count }, (_, at) => {
    const video: Record<string, string> = {
      id: at % 17 === 0 ? '' : `${at}`,
      at: `2024-06-0${1 + (at % 3)}T10:00:0${at % 10}Z`,
      title: at % 3 === 0 ? `Say "hi",\n@Ü @you_${at % 5} @YOU_1` : `plain ü${at}`,
      tags: ['', 'A|b', 'a||A|ß', '|'][at % 4]!,
      views: at === 50 ? '9'.repeat(18) : `${at}`,
      more: 'x',
    }
    const fields = columns.map((name) => field(video[name]!))
    return at % 19 === 0 ? fields.slice(1).join(',') : fields.join(',')
  })
  return [columns.join(','), ...rows, ''].join('\r\n')
}

const notes = Array.from({ length: 300 }, (_, at) =>
  JSON.stringify({ note: `#Tag${at % 7} #tag1 @Ada ${at}` }),
)

/** Counts the objects that it makes. */
function counted<In, Out>(of: Projection<In, Out>) {
  const one = { ...of, objects: 0 }
  one.of = (...args) => {
    one.objects++
    return of.of(...args)
  }
  return one
}

async function landing(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'sluicebox-project-csv-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(root, name), content)
    await utimes(join(root, name), 1_700_000_000, 1_700_000_000)
  }
  return root
}

async function rowsOf(lake: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const found = await connection.runAndReadAll(
    `SELECT * FROM read_parquet('${join(lake, 'posts/*.parquet')}') ORDER BY position, text`,
  )
  return found.getRowObjectsJson()
}

const files = {
  'a.csv': csv(COLUMNS, 400),
  'b.csv': csv(['more', ...[...COLUMNS].reverse()], 400),
  'c.csv': csv(COLUMNS.slice(0, -1), 20),
}

test('rows of CSV are the same from bytes as from objects', async () => {
  const ways = ['project', 'map'] as const
  const [projected, mapped] = await Promise.all(
    ways.map(async (way) => {
      const root = await landing(files)
      const lake = join(root, 'lake')
      const of = counted(videoToPost)
      const topology = defineTopology('posts', { rejects: quarantineTable({ lake }) }, (flow) => ({
        table: flow
          .source('videos', landingFiles({ path: root }))
          .via('decode', decodeCsv())
          .via('validate', validate(Video))
          .via('post', way === 'project' ? project(of) : map(of.of))
          .toTable('posts', deltaTable({ lake, path: 'posts', schema: Post })),
      }))
      const { tasks } = await run(topology, { batchBytes: 8 << 10 }).done
      const rows = await rowsOf(lake)
      return { rows, ledger: tasks[0]!.ledger, objects: of.objects }
    }),
  )
  expect(projected!.rows.length).toBeGreaterThan(650)
  expect(projected!.rows).toEqual(mapped!.rows)
  expect(projected!.ledger).toEqual(mapped!.ledger)
  // The number that WebAssembly has no room for, in both files.
  expect([projected!.objects, mapped!.objects]).toEqual([2, projected!.rows.length])
})

test('so they are beside another shape that is JSON', async () => {
  const Record = v.variant('shape', [
    v.object({ shape: v.literal('video'), data: Video }),
    v.object({ shape: v.literal('note'), data: Note }),
  ])
  const has = (key: string) => (keys: readonly string[]) => keys.includes(key)
  const shapes = [
    { name: 'video', format: 'csv', matches: has('id') },
    { name: 'note', format: 'ndjson', matches: has('note') },
  ] as const
  const [projected, mapped] = await Promise.all(
    [true, false].map(async (isData) => {
      const root = await landing({ ...files, 'd.ndjson': notes.join('\n') })
      const lake = join(root, 'lake')
      const [video, note] = [counted(videoToPost), counted(noteToPost)]
      const cases = isData ? { video, note } : { video: video.of, note: note.of }
      const topology = defineTopology('posts', { rejects: quarantineTable({ lake }) }, (flow) => ({
        table: flow
          .source('posts', landingFiles({ path: root, shapes }))
          .via('decode', decodeShapes({ shapes }))
          .via('validate', validate(Record))
          .via(
            'post',
            projectShapes<v.InferOutput<typeof Record>, v.InferOutput<typeof Post>>(cases),
          )
          .toTable('table', deltaTable({ lake, path: 'posts', schema: Post })),
      }))
      const { tasks } = await run(topology, { batchBytes: 8 << 10 }).done
      const rows = await rowsOf(lake)
      return { rows, ledger: tasks[0]!.ledger, objects: video.objects + note.objects }
    }),
  )
  expect(projected!.rows.length).toBeGreaterThan(950)
  expect(projected!.rows).toEqual(mapped!.rows)
  expect(projected!.ledger).toEqual(mapped!.ledger)
  expect([projected!.objects, mapped!.objects]).toEqual([2, projected!.rows.length])
})
