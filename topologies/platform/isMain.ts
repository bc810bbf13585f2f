import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

/** True in the module that Node was started with; false in worker threads, which import it too. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1]
  return isMainThread && started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl)
}
