/** The long forms, one after the other: `npm run test:crash -- --cycles 30 --seed 7`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

let failed = 0
for (const loop of ['crashLoop.ts', 'clusterLoop.ts']) {
  console.log(`== ${loop}`)
  const { status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, loop), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  if (status !== 0) failed++
}
process.exitCode = failed
