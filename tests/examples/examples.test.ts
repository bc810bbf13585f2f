import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

const exec = promisify(execFile)
const examples = join(import.meta.dirname, '../../examples')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluicebox-examples-'))
})
afterEach(() => rm(folder, { recursive: true }))

const runs = async (file: string): Promise<string> => {
  const { stdout } = await exec(process.execPath, [join(examples, file)], { cwd: folder })
  return stdout
}

test('tweetLake counts what became of every record, and does nothing twice', async () => {
  const tweet = { id: '1', lang: 'en', text: 'gold!', created_at: '2024-06-10T12:00:00Z' }
  const late = { ...tweet, id: '2', created_at: '2024-06-01T12:00:00Z' }
  const lines = [tweet, tweet, late, { ...tweet, id: '' }].map((line) => JSON.stringify(line))
  await mkdir(join(folder, 'landing'))
  await writeFile(join(folder, 'landing/a.ndjson'), [...lines, 'not JSON', ''].join('\n'))
  const table = await runs('tweetLake.ts')
  expect(rowOf(table, 'tweets')).toEqual([5, 5, 0, 0, 0])
  expect(rowOf(table, 'dedup')).toEqual([3, 1, 1, 1, 0])
  expect(rowOf(table, 'silver')[0]).toBe(1)
  expect(rowOf(table, 'rejects')[0]).toBe(3)
  expect(await runs('tweetLake.ts')).not.toContain('silver')
})

test('rejects sends each record to exactly one place', async () => {
  expect((await runs('rejects.ts')).split('\n')).toEqual([
    "large [ { id: 'a', amount: 250 } ]",
    "small [ { id: 'b', amount: 5 } ]",
    "refunds [ 'refund: amount: Invalid value: Expected >=0 but received -1' ]",
    'quarantined 1',
    '',
  ])
})

test('ownOperator passes its own test', async () => {
  expect(await runs('ownOperator.ts')).toContain('does what it says')
})

test('every example has at most 60 lines and is run here', async () => {
  const files = await readdir(examples)
  expect(files.sort()).toEqual(['ownOperator.ts', 'rejects.ts', 'tweetLake.ts'])
  for (const file of files) {
    const lines = (await readFile(join(examples, file), 'utf8')).trimEnd().split('\n')
    expect(lines.length, file).toBeLessThanOrEqual(60)
  }
})

/** The numbers in a row of `console.table`. */
function rowOf(table: string, name: string): number[] {
  const row = table.split('\n').find((line) => line.includes(`│ ${name} `))
  return (row ?? '').split('│').slice(2, -1).map(Number)
}
