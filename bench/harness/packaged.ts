import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '../..')
/** Where a bundle finds the dependencies that it does not contain, and V8's cache the same modules again. */
const BUNDLES = 'node_modules/.bench'

const nameOf = (file: string): string => basename(file, '.ts')

/** Where `packaged` puts a script. */
export const packagedFile = (script: string): string =>
  join(root, BUNDLES, nameOf(script), `${nameOf(script)}.js`)

/**
 * Bundles a script of `bench/`, topologies that worker threads import, and the package, into modules as an
 * application has them: its users run none of our TypeScript file by file.
 *
 * @param files - All with different names
 * @returns the path of the script
 */
async function packaged(script: string, ...files: readonly string[]): Promise<string> {
  const outdir = join(root, BUNDLES, nameOf(script))
  rmSync(outdir, { recursive: true, force: true })
  const entryPoints = [script, ...files, 'src/runtime/worker.ts']
  await build({
    absWorkingDir: root,
    entryPoints: entryPoints.map((file) => ({ in: file, out: nameOf(file) })),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    logLevel: 'error',
  })
  return packagedFile(script)
}

export const RAW_TO_SILVER = 'bench/rawToSilver.ts'

/** Bundles the way from raw files to Silver. */
export const packageRawToSilver = (): Promise<string> =>
  packaged(RAW_TO_SILVER, 'bench/rawToSilver/tweetLake.ts')
