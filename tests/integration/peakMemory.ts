// Loaded into a process by NODE_OPTIONS: leaves its peak memory, in KiB, in the file that PEAK_FILE names.
import { writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const file = process.env['PEAK_FILE']
if (isMainThread && file !== undefined) {
  process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)))
}
