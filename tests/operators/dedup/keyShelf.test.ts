import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SinkError } from '../../../src/core/errors.ts'
import { fingerprintTable } from '../../../src/operators/dedup/fingerprintTable.ts'
import { keyShelf } from '../../../src/operators/dedup/keyShelf.ts'
import { randomKeys } from './randomKeys.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-shelf-'))
})
afterAll(() => rm(folder, { recursive: true }))

function shelfOf(keys: Int32Array, windowMs: number, timeOf = (_: number): number => 0) {
  const table = fingerprintTable(windowMs)
  for (let at = 0; at < keys.length; at += 4) table.add(keys, at, timeOf(at))
  return keyShelf(table.drain(), { node: 'dedup', windowMs, folder })
}

describe.each([{ windowMs: Infinity }, { windowMs: 1000 }])(
  'keys put aside for a window of $windowMs ms',
  ({ windowMs }) => {
    test('are found, and no others, with a filter and without', () => {
      const draw = randomKeys()
      const keys = draw(20_000)
      const others = draw(20_000)
      const shelf = shelfOf(keys, windowMs)
      const count = (batch: Int32Array): number => {
        let found = 0
        for (let at = 0; at < batch.length; at += 4) if (shelf.has(batch, at, 0)) found++
        return found
      }
      expect(shelf.keys).toBe(20_000)
      expect([count(keys), count(others)]).toEqual([20_000, 0])
      expect(shelf.filterBytes()).toBeGreaterThan(20_000)
      shelf.dropFilter()
      expect(shelf.filterBytes()).toBe(0)
      expect([count(keys), count(others)]).toEqual([20_000, 0])
      shelf.close()
    })

    test('are found where thousands begin in one place, round the end of the segment', () => {
      for (const first of [-1, 1]) {
        const crowd = new Int32Array(4 * 2000)
        for (let i = 0; i < 2000; i++) crowd.set([first, i, 0, 0], i * 4)
        const shelf = shelfOf(crowd, windowMs)
        const all = Array.from({ length: 2000 }, (_, i) => i * 4)
        expect(all.every((at) => shelf.has(crowd, at, 0))).toBe(true)
        expect(shelf.has(Int32Array.of(first, 2000, 0, 0), 0, 0)).toBe(false)
        shelf.close()
      }
    })
  },
)

test('keys are the same within the window only', () => {
  const keys = randomKeys()(100)
  const shelf = shelfOf(keys, 1000, (at) => at)
  expect(shelf.latestMs).toBe(396)
  expect(shelf.has(keys, 8, 1008)).toBe(true)
  expect(shelf.has(keys, 8, 1009)).toBe(false)
  shelf.close()
})

test('leaves no file behind', async () => {
  const shelf = shelfOf(randomKeys()(10), Infinity)
  expect(await readdir(folder)).toEqual([])
  shelf.close()
})

test('says where there is no room, and what to do', () => {
  const segments = fingerprintTable(Infinity).drain()
  const missing = join(folder, 'missing')
  const made = () => keyShelf(segments, { node: 'dedup', windowMs: Infinity, folder: missing })
  expect(made).toThrow(SinkError)
  expect(made).toThrow(expect.objectContaining({ code: 'SBX_SPILL', node: 'dedup' }))
  expect(made).toThrow('TMPDIR')
})
