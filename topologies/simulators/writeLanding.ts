import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../../src/core/errors.ts'
import { landingName, parseLandingName, truthPath, type LandingRange } from './landingName.ts'
import { noCounts, type FileTruth } from './plantedTruth.ts'
import { ALL_SHARES, type Platform } from './planting.ts'
import { newFile, removeAbandoned, writeWhole } from './newFile.ts'
import type { Simulator } from './simulator.ts'

export { plantedTruth } from './plantedTruth.ts'

export interface SimulateLandingOptions {
  /** The folder; `twitter/`, `reddit/` and `youtube/` are made in it. */
  readonly landing: string
  /** How many records of all platforms there shall be, 10 : 2 : 1, an integer up to 2^31. */
  readonly events: number
  /** Which ones, an integer from 0 to 2^32 − 1. */
  readonly seed: number
  /** Told now and then how many of `events` are there. */
  readonly onProgress?: (events: number) => void
  /** Ends the work early: whole files stay, the one being written goes. */
  readonly signal?: AbortSignal
}

const FILE_RECORDS = 50_000
const BUFFER_BYTES = 1024 * 1024
/** UTF-8 takes at most three bytes for each UTF-16 code unit. */
const MAX_BYTES_A_UNIT = 3
const MAX_EVENTS = 2 ** 31
const LINE_FEED = 0x0a
const MAX_SEED = 2 ** 32 - 1

/**
 * Fills a landing zone with simulated files, `<platform>/<platform>-seed<seed>-<from>-<to>.ndjson|csv`, each
 * with a hidden file beside it that states what was planted. A file's bytes depend on its name alone. Files
 * that are there are not written again: more events of the same seed add files to those; fewer change nothing.
 * A file appears under its name when it is complete and synced, so that any number of processes may do this
 * at once, and a killed one is made good by the next.
 *
 * @throws ConfigError `SBX_SIMULATE_OPTIONS`
 * @example
 * ```ts
 * await simulateLanding({ landing: './data/landing', events: 100_000, seed: 1 })
 * ```
 */
export async function simulateLanding(options: SimulateLandingOptions): Promise<void> {
  check(options)
  const { landing, events, seed, onProgress, signal } = options
  const wanted = eventsByPlatform(events)
  const todo: LandingRange[] = []
  for (const platform of Object.keys(wanted) as Platform[]) {
    const folder = join(landing, platform)
    await mkdir(folder, { recursive: true })
    await removeAbandoned(folder)
    const present = (await readdir(folder))
      .map(parseLandingName)
      .filter((range) => range?.platform === platform && range.seed === seed)
    todo.push(...missingRanges(platform, seed, wanted[platform], present as LandingRange[]))
  }
  let done = events - todo.reduce((sum, { from, to }) => sum + to - from, 0)
  onProgress?.(done)
  if (todo.length === 0) return

  // Only here, since Faker takes a while to load.
  const [{ twitter }, { reddit }, { youtube, YOUTUBE_HEADER }] = await Promise.all([
    import('./twitter.ts'),
    import('./reddit.ts'),
    import('./youtube.ts'),
  ])
  const simulators = { twitter: twitter(seed), reddit: reddit(seed), youtube: youtube(seed) }
  const failed = new AbortController()
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const newLane = async (): Promise<void> => {
    for (let range = todo.shift(); range !== undefined; range = todo.shift()) {
      if (stop.aborted) return
      const header = range.platform === 'youtube' ? `${YOUTUBE_HEADER}\n` : ''
      const onRecords = (records: number): void => onProgress?.((done += records))
      try {
        await writeFile(landing, range, simulators[range.platform], header, onRecords, stop)
      } catch (error) {
        failed.abort()
        throw error
      }
    }
  }
  // Two at a time: one computes while the other waits for the disk.
  for (const lane of await Promise.allSettled([newLane(), newLane()])) {
    if (lane.status === 'rejected') throw lane.reason
  }
}

/**
 * How many of the first `events` events are of which platform. They add up, and never shrink when there are
 * more events: the reason for the offset.
 */
export function eventsByPlatform(events: number): Record<Platform, number> {
  const reddit = Math.floor((2 * events) / ALL_SHARES)
  const youtube = Math.floor((events + 3) / ALL_SHARES)
  return { twitter: events - reddit - youtube, reddit, youtube }
}

/** What lacks of the records before `to`, cut at multiples of the file size. */
function missingRanges(
  platform: Platform,
  seed: number,
  to: number,
  present: readonly LandingRange[],
): LandingRange[] {
  const missing: LandingRange[] = []
  let at = 0
  const fill = (end: number): void => {
    while (at < end) {
      const next = Math.min(end, (Math.floor(at / FILE_RECORDS) + 1) * FILE_RECORDS)
      missing.push({ platform, seed, from: at, to: next })
      at = next
    }
  }
  for (const range of present.toSorted((a, b) => a.from - b.from)) {
    fill(Math.min(range.from, to))
    at = Math.max(at, range.to)
  }
  fill(to)
  return missing
}

async function writeFile(
  landing: string,
  range: LandingRange,
  simulator: Simulator,
  header: string,
  onRecords: (records: number) => void,
  stop: AbortSignal,
): Promise<void> {
  const folder = join(landing, range.platform)
  const name = landingName(range)
  const truth: FileTruth = { bytes: 0, ...noCounts() }
  const file = await newFile(join(folder, name))
  try {
    let buffer = Buffer.allocUnsafe(BUFFER_BYTES)
    let length = buffer.write(header)
    let reported = 0
    const flush = async (): Promise<void> => {
      await file.write(buffer.subarray(0, length))
      truth.bytes += length
      length = 0
      onRecords(truth.read - reported)
      reported = truth.read
    }
    for (let index = range.from; index < range.to; index++) {
      const { raw, fate } = simulator(index)
      const most = raw.length * MAX_BYTES_A_UNIT + 1
      if (length + most > buffer.length) {
        await flush()
        if (stop.aborted) return
        if (most > buffer.length) buffer = Buffer.allocUnsafe(most)
      }
      length += buffer.write(raw, length)
      buffer[length++] = LINE_FEED
      truth.read++
      if (fate === 'written' || fate === 'duplicate') truth[fate]++
      else truth.rejected[fate] = (truth.rejected[fate] ?? 0) + 1
    }
    await flush()
    // The truth first: a data file that can be seen has one.
    await writeWhole(truthPath(folder, name), `${JSON.stringify(truth)}\n`)
    await file.finish()
  } finally {
    await file.discard()
  }
}

function check({ events, seed }: SimulateLandingOptions): void {
  for (const [name, value, most] of [
    ['events', events, MAX_EVENTS],
    ['seed', seed, MAX_SEED],
  ] as const) {
    if (Number.isSafeInteger(value) && value >= 0 && value <= most) continue
    throw new ConfigError(
      `simulateLanding: ${name} is ${value}; give a whole number from 0 to ${most}`,
      { code: 'SBX_SIMULATE_OPTIONS' },
    )
  }
}
