import { join } from 'node:path'
import type { Platform } from './planting.ts'

/** Which records of which seed a file holds: everything that its bytes depend on. */
export interface LandingRange {
  readonly platform: Platform
  readonly seed: number
  /** The first record. */
  readonly from: number
  /** Behind the last record. */
  readonly to: number
}

const DIGITS = 10
const EXTENSIONS = { twitter: 'ndjson', reddit: 'ndjson', youtube: 'csv' } as const
const NAME = /^(twitter|reddit|youtube)-seed(\d+)-(\d{10})-(\d{10})\.(?:ndjson|csv)$/

/** The name of a file: those of a seed sort by range. */
export function landingName({ platform, seed, from, to }: LandingRange): string {
  const range = [from, to].map((index) => String(index).padStart(DIGITS, '0')).join('-')
  return `${platform}-seed${seed}-${range}.${EXTENSIONS[platform]}`
}

/** Undefined for a name that isn't the simulator's. */
export function parseLandingName(name: string): LandingRange | undefined {
  const match = NAME.exec(name)
  if (match === null) return undefined
  const [, platform, seed, from, to] = match
  const range = {
    platform: platform as Platform,
    seed: Number(seed),
    from: Number(from),
    to: Number(to),
  }
  return landingName(range) === name ? range : undefined
}

/** Where the truth of a data file lies: hidden, so that readers pass it over. */
export const truthPath = (folder: string, name: string): string =>
  join(folder, `.${name}.truth.json`)
