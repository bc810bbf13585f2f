import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
/** Where the module goes that carries the code. */
export const ROWS_MODULE = 'src/core/rows/rowsWasm.ts'
/** Its types, imported, would change those of arrays in all of this project. */
const COMPILER = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'))

/** Compiles `assembly/` to WebAssembly, in the module that the package imports it from. */
export async function compileRows(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-wasm-'))
  try {
    const file = join(folder, 'rows.wasm')
    const options = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--enable', 'simd']
    const args = ['assembly/index.ts', '--outFile', file, ...options, '--initialMemory', '16']
    await promisify(execFile)(process.execPath, [COMPILER, ...args], { cwd: root })
    const text = (await readFile(file)).toString('base64')
    return `// Compiled from assembly/ by \`npm run build:wasm\`.\nexport const ROWS_WASM =\n  '${text}'\n`
  } finally {
    await rm(folder, { recursive: true })
  }
}
