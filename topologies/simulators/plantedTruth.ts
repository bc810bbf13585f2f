import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseLandingName, truthPath, type LandingRange } from './landingName.ts'
import { SHARES, type Platform } from './planting.ts'

/** What the simulator planted: how many records must have which fate. */
export interface PlantedCounts {
  read: number
  written: number
  duplicate: number
  /** By reason. */
  rejected: Record<string, number>
}

/** The truth of one data file. */
export interface FileTruth extends PlantedCounts {
  /** Length of the data file. */
  bytes: number
}

export interface PlantedTruth {
  /**
   * False where the sums say too little: a file of the landing zone is not the simulator's or was changed, or
   * one is missing whose records others repeat. Then nothing can be expected of a run.
   */
  readonly complete: boolean
  readonly platforms: Readonly<Record<Platform, PlantedCounts>>
}

/** Sums what the truth files of a landing zone state, by platform. */
export async function plantedTruth(landing: string): Promise<PlantedTruth> {
  const platforms = { twitter: noCounts(), reddit: noCounts(), youtube: noCounts() }
  let complete = true
  for (const platform of Object.keys(SHARES) as Platform[]) {
    const ranges: LandingRange[] = []
    for (const entry of await entries(join(landing, platform))) {
      if (isIgnored(entry.name)) continue
      const range = parseLandingName(entry.name)
      const truth = await truthOf(join(landing, platform), entry.name)
      if (truth === undefined || range?.platform !== platform) {
        complete = false
        continue
      }
      ranges.push(range)
      addCounts(platforms[platform], truth)
    }
    if (!isGapless(ranges)) complete = false
  }
  return { complete, platforms }
}

export const noCounts = (): PlantedCounts => ({ read: 0, written: 0, duplicate: 0, rejected: {} })

function addCounts(sum: PlantedCounts, more: PlantedCounts): void {
  sum.read += more.read
  sum.written += more.written
  sum.duplicate += more.duplicate
  for (const [reason, count] of Object.entries(more.rejected)) {
    sum.rejected[reason] = (sum.rejected[reason] ?? 0) + count
  }
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What readers of a landing zone pass over too. */
const isIgnored = (name: string): boolean => /^\.|\.(tmp|part)$/.test(name)

/** Undefined where the file has no truth, or another length than it states. */
async function truthOf(folder: string, name: string): Promise<FileTruth | undefined> {
  try {
    const truth = JSON.parse(await readFile(truthPath(folder, name), 'utf8')) as FileTruth
    const { size } = await stat(join(folder, name))
    return truth.bytes === size ? truth : undefined
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined
    }
    throw error
  }
}

/** Each seed's ranges begin at 0 and follow each other. */
function isGapless(ranges: readonly LandingRange[]): boolean {
  const ends = new Map<number, number>()
  for (const { seed, from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from !== (ends.get(seed) ?? 0)) return false
    ends.set(seed, to)
  }
  return true
}
