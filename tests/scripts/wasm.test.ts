import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compileWasm, WASM_MODULES } from '../../scripts/wasm/compileWasm.ts'

test.each(WASM_MODULES)(
  'the package carries what $entry compiles to',
  { timeout: 60_000 },
  async (one) => {
    const carried = await readFile(join(import.meta.dirname, '../..', one.module), 'utf8')
    expect(await compileWasm(one)).toBe(carried)
  },
)
