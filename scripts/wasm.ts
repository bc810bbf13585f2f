// Compiles assembly/ into the modules that the package carries it as: `npm run build:wasm`.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileWasm, WASM_MODULES } from './wasm/compileWasm.ts'

for (const one of WASM_MODULES) {
  const text = await compileWasm(one)
  await writeFile(join(import.meta.dirname, '..', one.module), text)
  console.log(`${one.module}: ${text.length} bytes`)
}
