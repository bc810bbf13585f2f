import { readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'

const SEED = 1
/** Of 13 simulated events 10 are tweets. */
export const TWEETS_OF_EVENTS = 10 / 13

const eventsOf = (tweets: number): number => Math.round(tweets / TWEETS_OF_EVENTS)

/** Where the landing zone with so many tweets is kept. */
export const landingFolder = (tweets: number): string =>
  join(tmpdir(), `sluicebox-bench-${SEED}-${eventsOf(tweets)}`)

/** A landing zone with so many tweets, made once and kept in the temporary folder. */
export async function simulatedLanding(tweets: number): Promise<string> {
  const landing = landingFolder(tweets)
  await simulateLanding({ landing, events: eventsOf(tweets), seed: SEED })
  return landing
}

/** How large the files of a folder are together. */
export async function bytesBelow(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
