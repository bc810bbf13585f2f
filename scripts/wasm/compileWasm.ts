import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A program of `assembly/`, and the module that carries what it compiles to. */
export interface WasmModule {
  readonly entry: string
  readonly module: string
  readonly name: string
}

export const WASM_MODULES: readonly WasmModule[] = [
  { entry: 'assembly/index.ts', module: 'src/core/rows/rowsWasm.ts', name: 'ROWS_WASM' },
  { entry: 'assembly/digest.ts', module: 'src/core/digest/digestWasm.ts', name: 'DIGEST_WASM' },
  {
    entry: 'assembly/dictionary.ts',
    module: 'src/lake/parquet/dictionaryWasm.ts',
    name: 'DICTIONARY_WASM',
  },
]

const root = join(import.meta.dirname, '../..')
/** Its types, imported, would change those of arrays in all of this project. */
const COMPILER = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'))

/** Compiles a program to WebAssembly, in the text of the module that the package imports it from. */
export async function compileWasm({ entry, name }: WasmModule): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluicebox-wasm-'))
  try {
    const file = join(folder, 'out.wasm')
    const options = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--enable', 'simd']
    const args = [entry, '--outFile', file, ...options, '--initialMemory', '16']
    await promisify(execFile)(process.execPath, [COMPILER, ...args], { cwd: root })
    const text = (await readFile(file)).toString('base64')
    return `// Compiled from assembly/ by \`npm run build:wasm\`.\nexport const ${name} =\n  '${text}'\n`
  } finally {
    await rm(folder, { recursive: true })
  }
}
