import { join } from 'node:path'
import { main } from 'assemblyscript/asc'

/** Where it goes. */
export const ROWS_MODULE = 'src/core/rows/rowsWasm.ts'
const root = join(import.meta.dirname, '../..')

/** The WebAssembly that carries `assembly/`, as the module that the package imports it from. */
export async function compileRows(): Promise<string> {
  let wasm: Uint8Array | undefined
  const { error, stderr } = await main(
    [
      'assembly/index.ts',
      ...['--baseDir', root, '--outFile', 'rows.wasm', '-O3', '--converge'],
      ...['--runtime', 'stub', '--noAssert', '--enable', 'simd', '--initialMemory', '16'],
    ],
    {
      writeFile(_, contents) {
        wasm = contents as Uint8Array
      },
    },
  )
  if (error !== null || wasm === undefined) {
    throw new Error(`asc: ${error?.message ?? 'no output'}\n${stderr.toString()}`)
  }
  const text = Buffer.from(wasm).toString('base64')
  return `// Compiled from assembly/ by \`npm run build:wasm\`.\nexport const ROWS_WASM =\n  '${text}'\n`
}
