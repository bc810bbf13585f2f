import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describe } from '../../src/index.ts'
import { full } from '../../topologies/full.ts'

test('is what it is: a change of it shows here', async () => {
  const description = describe(full({ lake: './lake', landing: './landing' }))
  await expect(`${JSON.stringify(description, null, 2)}\n`).toMatchFileSnapshot(
    '__snapshots__/full.json',
  )
})

test('can be read alone, in 60 lines', () => {
  const file = join(import.meta.dirname, '../../topologies/full.ts')
  expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
})
