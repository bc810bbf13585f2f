import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Summary } from '../../topologies/platform/summary.ts'
import { start, type Ended } from '../contract/platform.ts'
import { filesBelow, query, strayFiles } from '../contract/readLake.ts'
import { badInputs, type BadInput } from './badInputs.ts'
import { landingFolder } from './landingFolder.ts'

interface Reject {
  readonly file: string
  readonly reason: string
  readonly detail: string
  readonly position: string
  readonly raw: string
}

/** Gold and its suites, which DuckDB builds and checks in the same process, included. */
const MAX_MEMORY_MIB = 600
const landing = landingFolder('bad-input')
const peakFile = join(landing.path, '../peak')
let ended: Ended
let summary: Summary
const silver = new Map<string, string[]>()
const rejects = new Map<string, Reject[]>()

beforeAll(async () => {
  for (const { file, content } of badInputs) landing.put(file, content)
  symlinkSync('nowhere', join(landing.path, 'twitter/dangling.ndjson'))
  symlinkSync('/etc/hostname', join(landing.path, 'twitter/outside.ndjson'))
  const meter = pathToFileURL(join(import.meta.dirname, 'peakMemory.ts')).href
  const args = landing.args(
    '--parallelism',
    '2',
    '--until',
    'silver',
    '--epoch',
    '600000',
    '--json',
  )
  ended = await start(args, { PEAK_FILE: peakFile, NODE_OPTIONS: `--import=${meter}` }).ended
  expect(ended).toMatchObject({ code: 1 })
  summary = JSON.parse(ended.stdout) as Summary

  const posts = await query<{ file: string; post_id: string }>(
    landing.lake,
    `SELECT platform || '/' || regexp_extract(source_position, '^(.*):(\\d+)$', 1) AS file, post_id
     FROM {silver} ORDER BY regexp_extract(source_position, '\\d+$')::BIGINT`,
  )
  for (const { file, post_id: id } of posts) silver.set(file, [...(silver.get(file) ?? []), id])
  const rejected = await query<Reject>(
    landing.lake,
    `SELECT platform || '/' || source AS file, reason, detail, position, base64(raw) AS raw
     FROM {quarantine} ORDER BY position::BIGINT`,
  )
  for (const row of rejected) rejects.set(row.file, [...(rejects.get(row.file) ?? []), row])
})

describe('each bad record is quarantined with its reason and its bytes, the others reach Silver', () => {
  test.each(badInputs)('$file', ({ file, content, silver: ids = [], rejected = [] }) => {
    const own = rejects.get(file) ?? []
    expect(own.map(({ reason }) => reason)).toEqual(rejected.map(([reason]) => reason))
    for (const [index, [, detail]] of rejected.entries()) {
      expect(own[index]!.detail).toMatch(detail)
    }
    const bytes = bytesOf({ file, content })
    for (const { position, raw } of own) {
      const kept = Buffer.from(raw, 'base64')
      const from = Number(position)
      expect(kept.length).toBeGreaterThan(0)
      expect(bytes.compare(kept, 0, kept.length, from, from + kept.length)).toBe(0)
    }
    if (!file.endsWith('.gz')) expect(silver.get(file) ?? []).toEqual(ids)
  })

  test('a truncated .gz gives every record in front of the cut, in order', () => {
    const file = 'twitter/truncated.ndjson.gz'
    const [rest] = rejects.get(file)!
    const whole = bytesOf(badInputs.find((input) => input.file === file)!).subarray(
      0,
      Number(rest!.position),
    )
    const ids = whole.toString().match(/(?<=^\{"id":")gz\d+/gm)
    expect(ids!.length).toBeGreaterThan(50)
    expect(silver.get(file)).toEqual(ids)
  })
})

test('what can not be read is one record each, named in the log, and makes the exit code 1', () => {
  for (const [file, detail] of [
    ['twitter/dangling.ndjson', 'it is a link that leads nowhere'],
    ['twitter/outside.ndjson', 'it is a link to outside the landing zone'],
  ] as const) {
    expect(rejects.get(file)).toMatchObject([
      { reason: 'unreadable_file', detail: expect.stringContaining(detail) as string },
    ])
    expect(ended.stderr).toContain(`"file":"${file.slice('twitter/'.length)}","detail":"${detail}`)
  }
  expect(ended.stderr).toContain('2 files could not be read; see the table quarantine')
})

test('keys that JavaScript knows are data like others', async () => {
  const rows = await query<Record<string, unknown>>(
    landing.lake,
    `SELECT post_id, text, hashtags, mentions FROM {silver}
     WHERE post_id IN ('p1', 'p2', 'pc1', 'pt1') ORDER BY post_id`,
  )
  expect(rows).toMatchObject([
    { text: 'Hello #World @acme', hashtags: ['world'] },
    { hashtags: ['__proto__', 'constructor'], mentions: ['__proto__'] },
    { text: 'title\ntext' },
    { hashtags: ['__proto__', 'constructor', 'b'] },
  ])
})

test('numbers and times are exact, odd bytes are kept', async () => {
  const rows = await query<{ post_id: string; value: string }>(
    landing.lake,
    `SELECT post_id, CASE WHEN post_id LIKE 't%' THEN (epoch_us(created_at))::VARCHAR
       WHEN post_id IN ('n1', 'u1', 'la1', 'dc1') THEN text ELSE likes::VARCHAR END AS value
     FROM {silver} WHERE post_id IN ('c2', 'c3', 'c4', 'c5', 't9', 'n1', 'u1', 'la1', 'dc1')`,
  )
  expect(Object.fromEntries(rows.map(({ post_id: id, value }) => [id, value]))).toEqual({
    c2: '0',
    c3: '1',
    c4: '1000',
    c5: '9007199254740993',
    t9: '1717408800123456',
    n1: 'a\0b',
    u1: 'caf\ufffd',
    la1: 'caf\ufffd\ntext',
    // As in Python's csv.DictReader, the last column of a name counts.
    dc1: 'second\ntext',
  })
})

test('the ledger balances with what is in the tables', async () => {
  const count = (rows: ReadonlyMap<string, readonly unknown[]>, platform: string): number =>
    [...rows].reduce((sum, [file, list]) => sum + (file.startsWith(platform) ? list.length : 0), 0)
  for (const [platform, counts] of Object.entries(summary.total.by_platform)) {
    const { read, written, duplicate, late, rejected, filtered, repaired } = counts
    expect(read).toBe(written + duplicate + late + rejected + filtered)
    expect(written).toBe(count(silver, platform))
    expect(rejected + late).toBe(count(rejects, platform))
    expect([duplicate, late, filtered]).toEqual([0, 0, 0])
    const mended = badInputs.filter(({ file }) => file.startsWith(platform))
    expect(repaired).toBe(mended.reduce((sum, input) => sum + (input.repaired ?? 0), 0))
  }
  const reasons = [...rejects.values()].flat().map(({ reason }) => reason)
  expect(summary.total.rejected_by).toEqual(
    Object.fromEntries(
      [...Map.groupBy(reasons, (reason) => reason)].map(([name, list]) => [name, list.length]),
    ),
  )
})

test('Bronze has every byte, once', () => {
  for (const platform of ['twitter', 'reddit', 'youtube']) {
    const folder = join(landing.lake, 'bronze', platform)
    const found = filesBelow(folder).map((file) => readFileSync(join(folder, file)))
    const headers = new Set<string>()
    let bodies = 0
    for (const input of badInputs) {
      if (!input.file.startsWith(platform) || input.bronze === 'nothing') continue
      const content = Buffer.from(input.content)
      const isCopy = input.bronze === 'copy' || /\.(json|gz)$/.test(input.file)
      const header = isCopy ? '' : headerOf(input.file, content)
      const body = content.subarray(header.length)
      const isEnded = isCopy || /[\r\n]/.test(String.fromCharCode(body.at(-1)!))
      headers.add(header)
      bodies += body.length + (isEnded ? 0 : 1)
      const copies = found.filter((bytes) =>
        isCopy
          ? bytes.equals(content)
          : bytes.includes(body) && bytes.subarray(0, header.length).toString('latin1') === header,
      )
      expect([input.file, copies.length]).toEqual([input.file, 1])
    }
    // Files with the same header share a file, which has it once.
    const expected = [...headers].reduce((sum, header) => sum + header.length, bodies)
    expect(found.reduce((sum, bytes) => sum + bytes.length, 0)).toBe(expected)
  }
})

test('memory stays bounded, whatever the length of a line or a document', () => {
  expect(Number(readFileSync(peakFile, 'utf8')) / 1024).toBeLessThan(MAX_MEMORY_MIB)
})

test('a second run reads nothing and changes nothing', async () => {
  const before = dataFiles(landing.lake)
  const again = await start(landing.args('--until', 'silver', '--json')).ended
  expect(again).toMatchObject({ code: 0 })
  const { records, total } = JSON.parse(again.stdout) as Summary
  expect([records.read, total]).toEqual([0, summary.total])
  expect(dataFiles(landing.lake)).toEqual(before)
  expect(strayFiles(landing.lake)).toEqual([])
})

const dataFiles = (lake: string): string[] =>
  filesBelow(lake).filter((file) => /^(bronze|silver|quarantine)\//.test(file))

/** What positions count: the content, decompressed. Zlib gives what is in front of a cut. */
function bytesOf({ file, content }: Pick<BadInput, 'file' | 'content'>): Buffer {
  const bytes = Buffer.from(content)
  return file.endsWith('.gz') ? gunzipSync(bytes, { finishFlush: 2 }) : bytes
}

const headerOf = (file: string, content: Buffer): string =>
  file.endsWith('.csv') ? (/^[^]*?(\r\n?|\n)/.exec(content.toString('latin1'))?.[0] ?? '') : ''
