// Compiles assembly/ into the module that the package carries it as: `npm run build:wasm`.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileRows, ROWS_MODULE } from './wasm/compileRows.ts'

const text = await compileRows()
await writeFile(join(import.meta.dirname, '..', ROWS_MODULE), text)
console.log(`${ROWS_MODULE}: ${text.length} bytes`)
