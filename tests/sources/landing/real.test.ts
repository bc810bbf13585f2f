import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Shape } from '../../../src/core/shape.ts'
import { landingZone } from './landingZone.ts'

const folder = process.env['SLUICEBOX_REAL_DATA']
const elements = (name: string, key: string, ...path: string[]): Shape => ({
  name,
  format: 'json',
  matches: (keys) => keys.includes(key),
  elements: path,
})
const shapes: readonly Shape[] = [
  { name: 'line', format: 'ndjson', matches: (keys) => keys.includes('created_at') },
  { name: 'row', format: 'csv', matches: () => true },
  elements('search', 'created_at', 'statuses'),
  elements('timeline', 'created_at'),
  elements('listing', 'kind', 'data', 'children'),
  elements('items', 'etag', 'items'),
]
/** Under which names the truth of a file counts its records. */
const COUNTS = ['rows', 'rows_well_formed', 'top_level_statuses', 'children', 'items'] as const

/** The expected number of records of every file that truth.json speaks of. */
function expectedCounts(root: string): Map<string, number> {
  const truth = JSON.parse(readFileSync(join(root, 'truth.json'), 'utf8')) as Record<
    string,
    Record<string, unknown> & { files?: Record<string, Record<string, unknown>> }
  >
  const counts = new Map<string, number>()
  const add = (file: string, facts: Record<string, unknown>): void => {
    const count = COUNTS.map((name) => facts[name]).find((value) => typeof value === 'number')
    if (count !== undefined) counts.set(file, count)
  }
  for (const [group, { files, ...facts }] of Object.entries(truth)) {
    if (files === undefined) add(group, facts)
    for (const [name, fileFacts] of Object.entries(files ?? {})) {
      const file = group.includes('trending') ? `18.01.11_${name}_videos` : name
      add(`${group}/${/\.(gz|json)$/.test(file) ? file : `${file}.csv.gz`}`, fileFacts)
    }
  }
  return counts
}

describe.skipIf(folder === undefined)('real exports (SLUICEBOX_REAL_DATA is not set)', () => {
  it('are read record for record', async () => {
    const zone = await landingZone()
    for (const part of ['tweets', 'reddit', 'youtube']) {
      const run = await zone.read({ path: join(folder!, part), shapes }, { batchBytes: 65_536 })
      expect(run.rejects).toEqual([])
      const counts = new Map<string, number>()
      for (const { source } of run.records) {
        const file = `${part}/${source}`
        counts.set(file, (counts.get(file) ?? 0) + 1)
      }
      const expected = [...expectedCounts(folder!)].filter(([file]) => file.startsWith(part))
      expect(expected.length).toBeGreaterThan(9)
      expect(counts).toEqual(new Map(expected.sort(([a], [b]) => (a < b ? -1 : 1))))
    }
  })
})
