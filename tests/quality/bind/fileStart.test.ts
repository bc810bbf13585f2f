import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLake } from '../../../src/lake/openLake.ts'
import { fileStart } from '../../../src/quality/bind/fileStart.ts'

it.each([['folder'], ['memory']])('is whole lines of what lies in a %s', async (kind) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-test-start-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const lake = kind === 'folder' ? join(folder, 'lake') : `memory:${crypto.randomUUID()}`
  const store = await openLake(lake)
  await store.create('raw/a.ndjson', new TextEncoder().encode('first\nsecond\nthird\n'))
  const start = async (bytes: number) =>
    readFile(await fileStart(store, 'raw/a.ndjson', bytes, join(folder, 'copies')), 'utf8')
  expect(await start(13)).toBe('first\nsecond\n')
  expect(await start(12)).toBe('first\n')
  expect(await start(3)).toBe('')
  expect(await start(1000)).toBe('first\nsecond\nthird\n')
  await expect(fileStart(store, 'raw/gone.ndjson', 5, folder)).rejects.toMatchObject({
    code: 'SBX_QUALITY_SOURCE',
  })
})
