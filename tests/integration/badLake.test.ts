import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hours, run, windowDedup, type Topology } from '../../src/index.ts'
import type { SelectingOperator } from '../../src/core/operator.ts'
import { full } from '../../topologies/full.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { runPlatform, start, temporary } from '../contract/platform.ts'
import { canonical, filesBelow } from '../contract/readLake.ts'
import { landingFolder } from './landingFolder.ts'
import { lines, submission, tweet, video, videos } from './records.ts'

const RECORDS = 40
const landing = landingFolder('bad-lake')
const platforms = ['twitter', 'reddit', 'youtube']
const count = <T>(record: (n: number) => T): T[] =>
  Array.from({ length: RECORDS }, (_, n) => record(n))

/** A lake with two epochs of each task, as it was before anything happened to it. */
let sound: string
let content: Record<string, unknown>
let total: Summary['total']

beforeAll(async () => {
  const put = (name: string): void => {
    landing.put(`twitter/${name}.ndjson`, lines(...count((n) => tweet(`${name}${n}`)), 'broken'))
    landing.put(`reddit/${name}.ndjson`, lines(...count((n) => submission(`${name}${n}`))))
    landing.put(`youtube/${name}.csv`, videos(...count((n) => video(`${name}${n}`))))
  }
  put('a')
  await runPlatform(args(landing.lake))
  put('b')
  const summary = await runPlatform(args(landing.lake))
  sound = landing.lake
  content = await canonical(sound)
  total = summary.total
  expect(total.records.read).toBe(2 * (3 * RECORDS + 1))
})

const args = (lake: string, ...more: string[]): string[] => [
  ...['--landing', landing.path, '--lake', lake],
  ...['--until', 'silver', '--parallelism', '1', ...more],
]

/** A copy of the sound lake. */
function copy(): string {
  const lake = join(temporary('bad-lake-copy'), 'lake')
  cpSync(sound, lake, { recursive: true, preserveTimestamps: true })
  onTestFinished(() => rmSync(dirname(lake), { recursive: true, force: true }))
  return lake
}

/** The only file, or the last one, below the lake whose path matches. */
const fileOf = (lake: string, pattern: RegExp): string =>
  join(
    lake,
    filesBelow(lake).findLast((file) => pattern.test(file))!,
  )

const flip = (file: string, at: number): void => {
  const bytes = readFileSync(file)
  bytes[at]! ^= 0x04
  writeFileSync(file, bytes)
}
const truncate = (file: string): void => writeFileSync(file, readFileSync(file).subarray(0, 150))

const refused = async (lake: string, text: RegExp, ...more: string[]): Promise<void> => {
  const { code, stderr, stdout } = await start(args(lake, ...more, '--json')).ended
  expect(stderr).toMatch(text)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
}

const NEWEST_CHECKPOINT = /^_checkpoints\/.*\/twitter\/\d{12}$/
const LOG = 'silver/posts/_delta_log'

describe('what is damaged is refused by name, and goes on when it is put back', () => {
  const damages: [what: string, file: RegExp, damage: (file: string) => void, text: RegExp][] = [
    [
      'a checkpoint with a flipped byte',
      NEWEST_CHECKPOINT,
      (file) => flip(file, 300),
      /CheckpointError SBX_CHECKPOINT_DAMAGED: the checkpoint _checkpoints\/full\/\w+\/twitter\/\d+ can't be used: its CRC-32 is \w+, \w+ was written\. .*Put the file back from a copy of the lake/,
    ],
    [
      'a checkpoint that was cut off',
      NEWEST_CHECKPOINT,
      truncate,
      /SBX_CHECKPOINT_DAMAGED: .*\d+ bytes follow its first line, \d+ were written/,
    ],
    [
      'a checkpoint without content',
      NEWEST_CHECKPOINT,
      (file) => writeFileSync(file, ''),
      /SBX_CHECKPOINT_DAMAGED: .*its first line is not that of a checkpoint/,
    ],
    [
      'the id of the lineage',
      /^_checkpoints\/full\/lineage$/,
      (file) => writeFileSync(file, 'x'),
      /SBX_CHECKPOINT_DAMAGED: _checkpoints\/full\/lineage is damaged: it holds 1 bytes/,
    ],
    [
      'an entry of a Delta log that is no JSON',
      /silver\/posts\/_delta_log\/0+1\.json$/,
      (file) => writeFileSync(file, '{"add":'),
      /SBX_DELTA_LOG_DAMAGED: .*silver\/posts\/_delta_log\/0+1\.json is damaged: line 1 is no JSON.*Restore that file/,
    ],
    [
      'an entry that is missing in a Delta log',
      /silver\/posts\/_delta_log\/0+1\.json$/,
      (file) => rmSync(file),
      /SBX_DELTA_LOG_DAMAGED: .*0+1\.json is missing, and entries up to \d+ follow.*Restore that file/,
    ],
    [
      'an object with the state of a node',
      /\/twitter\/state\/.*-twitter\.dedup-\d+$/,
      (file) => flip(file, 200),
      /SBX_STATE_DAMAGED: twitter\.dedup: the state object \S+ can't be used: its CRC-32 is.*--drop-state twitter\.dedup/,
    ],
    [
      'an object with the position of a source',
      /\/twitter\/state\/.*-_source-\d+$/,
      (file) => flip(file, 100),
      /SBX_STATE_DAMAGED: twitter: the state object \S+ can't be used: its CRC-32 is.*--drop-state twitter$/m,
    ],
    [
      'a state object that is gone',
      /\/twitter\/state\/.*-twitter\.dedup-\d+$/,
      (file) => rmSync(file),
      /SBX_STATE_MISSING: twitter\.dedup: the state object \S+ can't be used: it is gone\. Put it back/,
    ],
  ]

  test.each(damages)('%s', async (_, pattern, damage, text) => {
    const lake = copy()
    const file = fileOf(lake, pattern)
    const before = readFileSync(file)
    damage(file)
    await refused(lake, text)
    writeFileSync(file, before)
    const summary = await runPlatform(args(lake))
    expect([summary.records.read, summary.total]).toEqual([0, total])
    expect(await canonical(lake)).toEqual(content)
  })

  test('checkpoints that were removed while the tables are there', async () => {
    const lake = copy()
    rmSync(join(lake, '_checkpoints'), { recursive: true })
    await refused(
      lake,
      /SBX_DELTA_FOREIGN_TXN: .*reading everything anew would double it\. Restore _checkpoints\/full from a copy of the lake/,
    )
    expect(await canonical(lake)).toEqual(content)
    cpSync(join(sound, '_checkpoints'), join(lake, '_checkpoints'), {
      recursive: true,
      force: true,
    })
    // The lineage that the refused run drew is not the one of the copy.
    expect((await runPlatform(args(lake))).total).toEqual(total)
  })

  test('the end of a Delta log, or all of it', async () => {
    // The newest epoch is published again where it is missing; a claim is no epoch any more.
    const lake = copy()
    expect((await runPlatform(args(lake))).records.read).toBe(0)
    const log = join(lake, LOG)
    const keep = readdirSync(log).map((name) => [name, readFileSync(join(log, name))] as const)
    rmSync(fileOf(lake, /silver\/posts\/_delta_log\/\d+\.json$/))
    await refused(
      lake,
      /SBX_DELTA_TXN: silver\.posts: \w+ has committed epoch 4 to the table silver\/posts, whose log ends with version \d+ and knows epoch 2 at most of it: rows are lost\. .*Restore silver\/posts from a copy/,
    )
    rmSync(log, { recursive: true })
    await refused(lake, /SBX_DELTA_TXN: .*whose log has no entry and knows no epoch/)
    mkdirSync(log)
    for (const [name, bytes] of keep) writeFileSync(join(log, name), bytes)
    expect((await runPlatform(args(lake))).total).toEqual(total)
    expect(await canonical(lake)).toEqual(content)
  })

  test('the log of a table that lacks more than the epoch that may be published again', async () => {
    const lake = copy()
    rmSync(join(lake, LOG), { recursive: true })
    await refused(lake, /SBX_DELTA_TXN: silver\.posts: \w+ has committed epoch 2 to the table/)
    expect(filesBelow(join(lake, LOG))).toEqual([])
  })

  test('a data file that Gold reads', async () => {
    const lake = copy()
    const file = fileOf(lake, /^silver\/posts\/.*\.parquet$/)
    const bytes = readFileSync(file)
    rmSync(file)
    const gold = args(lake, '--until', 'gold', '--json')
    const { code, stderr } = await start(gold).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /CheckpointError SBX_MODELS_SOURCE: source\('\w+', 'posts'\): a file that the table's log names can't be read: .*part-.*\.parquet/,
    )
    writeFileSync(file, bytes)
    expect((await runPlatform(args(lake, '--until', 'gold'))).gold_version).toBe(1)
  })
})

describe('the remedies work', () => {
  test('--drop-state of a stateful node goes on without what it remembers', async () => {
    const lake = copy()
    rmSync(fileOf(lake, /\/twitter\/state\/.*-twitter\.dedup-\d+$/))
    const summary = await runPlatform(args(lake, '--drop-state', 'twitter.dedup'))
    expect([summary.records.read, summary.total]).toEqual([0, total])
    expect(await canonical(lake)).toEqual(content)
  })

  test('--drop-state of a source reads it from its beginning; its ids are still known', async () => {
    const lake = copy()
    rmSync(fileOf(lake, /\/twitter\/state\/.*-_source-\d+$/))
    const { records } = await runPlatform(args(lake, '--drop-state', 'twitter'))
    expect(records).toMatchObject({ read: 2 * RECORDS + 2, duplicate: 2 * RECORDS, written: 0 })
    expect((await canonical(lake))['silver']).toEqual(content['silver'])
  })

  test('--accept-source lets another landing zone in', async () => {
    const lake = copy()
    const moved = landingFolder('moved')
    cpSync(landing.path, moved.path, { recursive: true, preserveTimestamps: true })
    moved.put('twitter/c.ndjson', lines(tweet('c1')))
    const elsewhere = ['--landing', moved.path]
    await refused(
      lake,
      /SBX_SOURCE_CHANGED: \w+: .*root was ".*bad-lake.*", is ".*moved.*--accept-source (twitter|reddit|youtube)/,
      ...elsewhere,
    )
    const accept = platforms.flatMap((platform) => ['--accept-source', platform])
    const { records } = await runPlatform(args(lake, ...elsewhere, ...accept))
    expect(records).toMatchObject({ written: 1, duplicate: 6 * RECORDS })
    expect((await runPlatform(args(lake, ...elsewhere))).records.read).toBe(0)
  })

  test('--drop-state lets an operator of other options in', async () => {
    const lake = copy()
    const changed = withWindow(full({ lake, landing: landing.path }), hours(24))
    await expect(run(changed, { models: false }).done).rejects.toMatchObject({
      code: 'SBX_STATE_CHANGED',
      message: expect.stringMatching(
        /its state in the checkpoint \(epoch \d+ of \w+\) does not fit: windowMs was "?Infinity"?, is 86400000.*--drop-state \w+\.dedup/,
      ) as string,
    })
    const dropState = platforms.map((platform) => `${platform}.dedup`)
    await run(changed, { models: false, dropState }).done
    expect(await canonical(lake)).toEqual(content)
  })
})

test('a first run with a mistyped landing zone leaves nothing that refuses the right one', async () => {
  const lake = join(temporary('typo'), 'lake')
  const missing = join(landing.path, 'nope')
  await refused(
    lake,
    /SourceError SBX_LANDING_FOLDER: \w+: the landing zone .*\/nope\/\w+ does not exist; make the folder, or name the right one/,
    '--landing',
    missing,
  )
  const file = join(landing.path, 'twitter/a.ndjson')
  await refused(
    lake,
    /SBX_LANDING_FOLDER: \w+: can't list the landing zone .*: ENOTDIR: not a directory/,
    '--landing',
    file,
  )
  expect((await runPlatform(args(lake))).total).toEqual(total)
})

test('a lake can not be where a file is', async () => {
  const file = join(temporary('file'), 'lake')
  writeFileSync(file, 'mine')
  const text = /SinkError SBX_LAKE_NO_FOLDER: .*a file stands where a folder must be: move it away/
  await refused(file, text)
  await refused(join(file, 'below'), text)
  expect([readFileSync(file, 'utf8'), readdirSync(dirname(file))]).toEqual(['mine', ['lake']])
})

/** The same topology, whose windows are of another length. */
function withWindow(topology: Topology, windowMs: number): Topology {
  const nodes = topology.nodes.map((node) => {
    if (node.kind !== 'operator' || node.unit.state !== 'keyed') return node
    const { key, eventTimeMs } = node.unit as SelectingOperator<never>
    return {
      ...node,
      unit: windowDedup({ key, eventTime: eventTimeMs, windowMs }) as typeof node.unit,
    }
  })
  return { ...topology, nodes }
}
