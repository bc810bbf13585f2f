import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileRows, ROWS_MODULE } from '../../scripts/wasm/compileRows.ts'

test('the package carries what assembly/ compiles to', { timeout: 60_000 }, async () => {
  const carried = await readFile(join(import.meta.dirname, '../..', ROWS_MODULE), 'utf8')
  expect(await compileRows()).toBe(carried)
})
