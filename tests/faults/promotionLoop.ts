import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, temporary } from '../contract/platform.ts'
import { filesBelow, strayFiles } from '../contract/readLake.ts'
import { temporaryProject } from '../models/projectFolder.ts'
import { MODELS } from './promotions/postsByDay.ts'
import { watchGold } from './promotions/watch.ts'
import type { Seen } from './promotions/watch.ts'

export interface PromotionLoopOptions {
  readonly promotions: number
  /**
   * Where a life is killed: `before` or `after`, the call, which one of those that match, and what its path
   * must match.
   */
  readonly places: readonly string[]
  say(line: string): void
}

export interface PromotionLoopResult {
  readonly kills: number
  /** Killed promotions that the next life made visible as they were. */
  readonly finished: number
  /** Killed promotions that the next life made anew. */
  readonly undone: number
  readonly seen: Readonly<Record<string, Seen>>
  /** Files that no version names. */
  readonly strays: readonly string[]
  readonly versions: readonly string[]
  readonly newestVersion: number
}

interface Told {
  readonly generation: number
  readonly version: number
  readonly attempt: string
}

interface Life {
  readonly signal: string | null
  readonly told: readonly Told[]
  readonly stderr: string
}

const node = join(root, 'node_modules/.bin/node')
const promoter = fileURLToPath(new URL('./promotions/promoter.ts', import.meta.url))
const PRELOAD = new URL('./promotions/killAt.ts', import.meta.url).href

/**
 * Promotes Gold again and again, in one life behind the other, each of which but the last is killed in the
 * middle of a promotion, while readers look all the time, and at least once between two lives.
 */
export async function promotionLoop(options: PromotionLoopOptions): Promise<PromotionLoopResult> {
  const { promotions, places, say } = options
  const folder = temporary('promotions')
  const [lake, landing] = [join(folder, 'lake'), join(folder, 'landing')]
  mkdirSync(landing)
  const project = temporaryProject(MODELS)
  const live = (until: number, killAt?: string) =>
    life([lake, landing, project, String(until)], killAt)
  await live(1)
  const watch = await watchGold(lake)
  let [kills, finished, undone] = [0, 0, 0]
  let killed: { readonly place: string; readonly attempt: string } | undefined
  /** What the first run of a life made of what was killed. */
  const judge = ({ told: [first], stderr }: Life): void => {
    if (killed === undefined) return
    if (first === undefined) throw new Error(`a life did not get to one promotion: ${stderr}`)
    const isSame = first.attempt === killed.attempt
    say(`${isSame ? 'finished' : 'made anew'} at ${first.generation}: ${killed.place}`)
    if (isSame) finished++
    else undone++
  }
  let newestVersion = 0
  try {
    for (const place of places) {
      const one = await live(promotions - 1, place)
      if (one.signal !== 'SIGKILL') throw new Error(`not killed ${place}: ${one.stderr}`)
      kills++
      await watch.looked()
      judge(one)
      killed = { place, attempt: newestAttempt(lake) }
    }
    const last = await live(promotions)
    judge(last)
    newestVersion = last.told.at(-1)?.version ?? 0
    await watch.looked()
  } finally {
    await watch.end()
    rmSync(project, { recursive: true })
  }
  const strays = [
    ...strayFiles(lake),
    ...filesBelow(join(lake, 'gold')).filter((file) => file.includes('.tmp')),
  ]
  const versions = readdirSync(join(lake, 'gold/_versions')).sort()
  const isFine = strays.length === 0 && Object.values(watch.seen).every((s) => !s.findings.length)
  if (isFine) rmSync(folder, { recursive: true })
  else say(`kept for inspection: ${folder}`)
  return { kills, finished, undone, seen: watch.seen, strays, versions, newestVersion }
}

async function life(args: readonly string[], killAt: string | undefined): Promise<Life> {
  const env = { ...process.env, SLUICEBOX_KILL_AT: killAt ?? '' }
  const argv = ['--import', PRELOAD, promoter, ...args]
  return new Promise((resolve, reject) => {
    execFile(node, argv, { env }, (error, stdout, stderr) => {
      const told = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Told)
      const signal = error?.signal ?? null
      if (error !== null && signal === null) reject(new Error(`a life failed: ${stderr}`))
      else resolve({ signal, told, stderr })
    })
  })
}

/** Who holds the task of Gold, or did. */
function newestAttempt(lake: string): string {
  const checkpoints = filesBelow(join(lake, '_checkpoints'))
  const newest = checkpoints.filter((file) => /\/gold\/\d{12}$/.test(file)).at(-1) ?? ''
  const text = readFileSync(join(lake, '_checkpoints', newest), 'utf8')
  return /"attempt":"([^"]+)"/.exec(text)?.[1] ?? ''
}
