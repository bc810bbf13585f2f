import { enableCompileCache } from 'node:module'
import type { Topology } from '../../src/index.ts'
import { isMain } from './isMain.ts'
import type { PlatformSettings } from './main.ts'

/** Runs the platform's command if Node was started with this module; worker threads only import it. */
export async function start(
  build: (settings: PlatformSettings) => Topology,
  moduleUrl: string,
): Promise<void> {
  if (!isMain(moduleUrl)) return
  // The next start finds compiled what only this thread needs.
  enableCompileCache()
  const { main } = await import('./main.ts')
  await main(build, moduleUrl)
}
