import { readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'

const SEED = 1
/** Of 13 simulated events 10 are tweets. */
export const TWEETS_OF_EVENTS = 10 / 13

/** A landing zone with so many tweets, made once and kept in the temporary folder. */
export async function simulatedLanding(tweets: number): Promise<string> {
  const events = Math.round(tweets / TWEETS_OF_EVENTS)
  const landing = join(tmpdir(), `sluicebox-bench-${SEED}-${events}`)
  await simulateLanding({ landing, events, seed: SEED })
  return landing
}

/** How large the files of a folder are together. */
export async function bytesBelow(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
