import { enableCompileCache } from 'node:module'
import type { Topology } from '../../src/index.ts'
import { isMain } from './isMain.ts'
import type { PlatformSettings } from './main.ts'

/** Runs what it is given, and sets the exit code. */
type Start = (build: (settings: PlatformSettings) => Topology) => Promise<void>

/**
 * The beginning of a module that is a command: where Node was started with it, help is printed and mistakes are
 * refused at once, and what the module imports after this is kept compiled for the next start. Worker
 * threads only import the module.
 *
 * @returns what is to be called in the end
 */
export async function command(moduleUrl: string): Promise<Start> {
  if (!isMain(moduleUrl)) return async () => {}
  enableCompileCache()
  const { readOptions } = await import('./readOptions.ts')
  const options = readOptions(process.argv.slice(2))
  return async (build) => {
    const { main } = await import('./main.ts')
    process.exitCode = await main(build, moduleUrl, options)
  }
}
