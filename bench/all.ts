/**
 * Every benchmark, one after the other; each prints us beside a peer in the same run:
 * `node bench/all.ts`
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const folder = import.meta.dirname
const self = basename(import.meta.filename)
for (const file of readdirSync(folder).sort()) {
  // The soak takes a quarter of an hour by design: node bench/soak.ts
  if (!file.endsWith('.ts') || file === self || file === 'soak.ts') continue
  console.log(`\n== ${file}`)
  const { status } = spawnSync(process.execPath, [join(folder, file)], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
