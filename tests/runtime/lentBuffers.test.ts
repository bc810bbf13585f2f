import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, expect, test } from 'vitest'
import { run } from '../../src/runtime/run.ts'
import { query } from '../contract/readLake.ts'
import { lentBuffers } from './lentBuffers.ts'

const module = new URL('lentBuffers.ts', import.meta.url).href
const LINES = 3000
const isBroken = (n: number): boolean => n % 10 === 3

test('what is kept of a batch outlives its buffer, which is filled anew', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-lent-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const lines = Array.from({ length: LINES }, (_, n) => {
    const text = `line ${n} `.repeat(1 + (n % 7))
    return isBroken(n) ? `{"n":${n},"text":"${text}` : `{"n":${n},"text":"${text}"}`
  })
  const landing = join(folder, 'lines.ndjson')
  await writeFile(landing, lines.map((line) => `${line}\n`).join(''))
  await utimes(landing, 1e9, 1e9)

  const lake = join(folder, 'lake')
  const settings = { lake, landing: folder }
  await run(lentBuffers, { module, settings, parallelism: 2, batchBytes: 2048 }).done

  const rowsOf = (path: string): Promise<unknown[]> =>
    query(lake, `SELECT * FROM read_parquet('${join(lake, path)}/**/*.parquet')`)
  const rows = (await rowsOf('out')).map((row) => JSON.stringify(row))
  expect(rows.sort()).toEqual(lines.filter((_, n) => !isBroken(n)).sort())
  const broken = (await rowsOf('broken')) as { readonly raw: string }[]
  const known = new Set(lines.filter((_, n) => isBroken(n)))
  expect(broken.length).toBe(known.size)
  const seen = new Set(broken.map(({ raw }) => raw).filter((raw) => raw !== ''))
  expect(seen.size).toBeGreaterThan(known.size / 2)
  expect([...seen].filter((raw) => !known.has(raw))).toEqual([])
})
