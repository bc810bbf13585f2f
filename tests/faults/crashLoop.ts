import { isDeepStrictEqual } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'
import { rmSync } from 'node:fs'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { isMain } from '../../topologies/platform/isMain.ts'
import type { Summary } from '../../topologies/platform/summary.ts'
import { startS3 } from '../../scripts/services/startS3.ts'
import { makeS3Lake } from '../integration/s3Lake.ts'
import { runPlatform, start, temporary } from '../contract/platform.ts'
import { canonical, strayFiles } from '../contract/readLake.ts'
import { mulberry } from './mulberry.ts'

export interface CrashLoopOptions {
  /** Lives that are ended by SIGKILL. */
  readonly cycles: number
  readonly events: number
  readonly seed: number
  say(line: string): void
  /** Where the lives that are killed write. @defaultValue a folder */
  readonly lake?: CrashedLake
}

/** A lake that is no folder. */
export interface CrashedLake {
  readonly url: string
  /** A copy of it in a local folder. */
  download(): Promise<string>
  /** What waits in it that nothing will ever finish. */
  uploads(): Promise<readonly string[]>
  /** Something else that happens while a life is at work. */
  disturb?(life: number): Promise<void>
}

export interface CrashLoopResult {
  readonly kills: number
  /** Lives that had committed something of their own when they were killed. */
  readonly killedAfterCommit: number
  readonly records: number
  readonly strays: readonly string[]
  /** Parts of the lake that differ from an undisturbed run's. */
  readonly differences: readonly string[]
  readonly total: Summary['total']
  readonly expectedTotal: Summary['total']
}

/**
 * Kills one life of the platform after another, most of them soon after a commit of their own, lets the
 * last one finish, and compares the lake with that of an undisturbed run over the same input.
 */
export async function crashLoop({
  cycles,
  events,
  seed,
  say,
  lake: elsewhere,
}: CrashLoopOptions): Promise<CrashLoopResult> {
  const folder = temporary('crash')
  const landing = `${folder}/landing`
  await simulateLanding({ landing, events, seed })
  const clean = await runPlatform(['--landing', landing, '--lake', `${folder}/clean`])

  const lake = elsewhere?.url ?? `${folder}/killed`
  const random = mulberry(seed)
  let kills = 0
  let killedAfterCommit = 0
  while (kills < cycles) {
    const parallelism = String(1 + Math.floor(random() * 3))
    const life = start(
      ['--landing', landing, '--lake', lake, '--epoch', '200', '--parallelism', parallelism],
      {
        SLUICEBOX_LOG: 'info',
      },
    )
    void elsewhere?.disturb?.(kills).catch((error: unknown) => say(String(error)))
    let committed = false
    const commit = life.saw('"event":"committed"').then(
      () => (committed = true),
      () => {},
    )
    // One life in three is killed at any moment, start-up included; the others after a commit.
    if (kills % 3 === 2) await Promise.race([delay(random() * 1500), life.ended])
    else await Promise.race([commit.then(() => delay(random() * 400)), life.ended])
    life.kill('SIGKILL')
    const { signal, code, stderr } = await life.ended
    if (signal !== 'SIGKILL') {
      if (code !== 0) throw new Error(`a life failed by itself with ${code}:\n${stderr}`)
      say(`the input ended after ${kills} kills: give more --events`)
      break
    }
    kills++
    if (committed) killedAfterCommit++
    say(`life ${kills} killed ${committed ? 'after a commit of its own' : 'before any commit'}`)
  }
  const last = await runPlatform(['--landing', landing, '--lake', lake])
  const files = (await elsewhere?.download()) ?? lake
  const [want, got] = [await canonical(`${folder}/clean`), await canonical(files)]
  const differences = Object.keys(want).filter((part) => !isDeepStrictEqual(want[part], got[part]))
  const strays = [...strayFiles(files), ...((await elsewhere?.uploads()) ?? [])]
  if (differences.length === 0 && strays.length === 0) rmSync(folder, { recursive: true })
  else say(`kept for inspection: ${folder}`)
  return {
    kills,
    killedAfterCommit,
    records: last.total.records.read,
    strays,
    differences,
    total: last.total,
    expectedTotal: clean.total,
  }
}

/** A bucket on a real server of its own. */
async function lakeOn(server: string): Promise<CrashedLake & { stop(): Promise<void> }> {
  if (server !== 'minio' && server !== 'versitygw') throw new Error('--s3 minio or --s3 versitygw')
  const s3 = await startS3({ server })
  Object.assign(process.env, s3.env)
  return { ...(await makeS3Lake(s3)), stop: () => s3.stop() }
}

/** `npm run test:crash -- --cycles 30 --events 600000 --seed 7 [--s3 minio]` */
if (isMain(import.meta.url)) {
  const of = (name: string, preset: number): number => {
    const at = process.argv.indexOf(`--${name}`)
    return at < 0 ? preset : Number(process.argv[at + 1])
  }
  const cycles = of('cycles', 30)
  const seed = of('seed', 7)
  const events = of('events', cycles * 40_000)
  const at = process.argv.indexOf('--s3')
  const s3 = at < 0 ? undefined : await lakeOn(process.argv[at + 1] ?? '')
  const say = (line: string): void => console.log(line)
  const result = await crashLoop({ cycles, events, seed, say, ...(s3 && { lake: s3 }) })
  await s3?.stop()
  const balanced = isDeepStrictEqual(result.total, result.expectedTotal)
  const ok =
    result.differences.length === 0 &&
    result.strays.length === 0 &&
    balanced &&
    result.kills === cycles
  console.log(
    `${result.kills} kills, ${result.killedAfterCommit} after a commit of their own; ${result.records} records; ` +
      `${result.strays.length} stray files; differing: ${result.differences.join(', ') || 'nothing'}; totals ${balanced ? 'equal' : 'DIFFER'}`,
  )
  process.exitCode = ok ? 0 : 1
}
