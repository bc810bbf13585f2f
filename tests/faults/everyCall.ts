import { mkdirSync, rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Topology } from '../../src/core/topology.ts'
import { landingFiles, run } from '../../src/index.ts'
import type { DiskIo } from '../../src/lake/diskIo.ts'
import { localStore } from '../../src/lake/localStore.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { full } from '../../topologies/full.ts'
import { isMain } from '../../topologies/platform/isMain.ts'
import { postFormats } from '../../topologies/postFormats.ts'
import { simulateLanding } from '../../topologies/simulators/writeLanding.ts'
import { temporary } from '../contract/platform.ts'
import { canonical, canonicalGold, strayFiles } from '../contract/readLake.ts'
import { fastClock } from './fastClock.ts'
import { FAULTS, faultyDisk, type Fault, type FaultyDisk } from './faultyDisk.ts'

/**
 * How long a life may take, in seconds in which this process had its turn and the disk had answered everything;
 * an undisturbed one takes 0.2 s on an idle machine.
 */
const LIFE_SECONDS = 30

/** One call of the reference topology that went wrong in one way. */
export interface Finding {
  readonly call: string
  readonly fault: Fault
  readonly what: string
}

export interface FaultReport {
  /** I/O calls of an undisturbed run. */
  readonly calls: number
  readonly tried: number
  readonly findings: readonly Finding[]
}

/**
 * Runs the reference topology once for each of its I/O calls and each kind of fault: that call fails, tears
 * its write, answers wrongly, or is the last one of the process. Then it runs again, undisturbed, and must
 * end in the very same tables, without a stray file.
 *
 * @param every - Look at each nth call only, beginning with `first`.
 * @param models - Whether Gold is built too.
 */
export async function everyCall(
  every: number,
  first: number,
  say: (line: string) => void,
  models = false,
): Promise<FaultReport> {
  const folder = temporary('faults')
  const landing = `${folder}/landing`
  await simulateLanding({ landing, events: 260, seed: 5 })
  const clean = `${folder}/clean`
  const counted = faultyDisk(-1, 'fail')
  await inTime(counted, live(landing, clean, counted.disk, models))
  const contentOf = async (lake: string): Promise<Record<string, unknown>> => ({
    ...(await canonical(lake)),
    ...(models && (await canonicalGold(lake))),
  })
  const want = await contentOf(clean)
  const calls = counted.calls.length
  const findings: Finding[] = []
  let tried = 0

  for (let at = first; at < calls; at += every) {
    for (const fault of FAULTS) {
      const lake = `${folder}/lake-${at}-${fault.replace(' ', '-')}`
      const faulty = faultyDisk(at, fault)
      const first = live(landing, lake, faulty.disk, models)
      const crashed = faulty.crashed.then(() => 'crashed')
      const outcome = await inTime(
        faulty,
        Promise.race([first.then(() => 'went on'), crashed]),
      ).catch((error: unknown) => (error instanceof Hung ? error : `failed: ${textOf(error)}`))
      tried++
      const call = faulty.calls[at]?.replace(folder, '') ?? 'a call that this run did not make'
      const found = (what: string): void => {
        findings.push({ call, fault, what })
        say(`✗ call ${at} (${call}), ${fault}, ${textOf(outcome)}: ${what}`)
      }
      if (outcome instanceof Hung) {
        found('the life did not end')
        continue
      }
      try {
        const second = faultyDisk(-1, 'fail')
        await inTime(second, live(landing, lake, second.disk, models))
        const got = await contentOf(lake)
        const parts = Object.keys(want).filter((part) => !isDeepStrictEqual(want[part], got[part]))
        // Temporary names carry the pid; this one lives on, so nobody may take its files away.
        const strays = strayFiles(lake).filter((file) => !/^_staging\/_(tmp|probe)/.test(file))
        if (parts.length > 0) found(`differs in ${parts.join(', ')}`)
        else if (strays.length > 0) found(`stray files: ${strays.slice(0, 3).join(', ')}`)
        else rmSync(lake, { recursive: true })
      } catch (error) {
        found(`the run after it failed: ${textOf(error)}`)
      }
    }
  }
  if (findings.length === 0) rmSync(folder, { recursive: true })
  else say(`kept for inspection: ${folder}`)
  return { calls, tried, findings }
}

/** A life that has not ended in time, and what it waits for. */
class Hung extends Error {}

async function inTime<T>(disk: FaultyDisk, life: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    let seconds = 0
    timer = setInterval(() => {
      if (disk.isBusy() || ++seconds < LIFE_SECONDS) return
      const waiting = [...disk.waiting].map(({ call }) => call).join(', ')
      const last = disk.calls.slice(-8).join(', ')
      const text = `not over after ${seconds} s; it waits for ${waiting || 'no call'}; its last calls: ${last}`
      reject(new Hung(text))
    }, 1000)
  })
  try {
    return await Promise.race([life, hung])
  } finally {
    clearInterval(timer)
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** One life of the reference topology, inline, on the given disk, with a barrier behind each batch. */
async function live(landing: string, lake: string, disk: DiskIo, models: boolean): Promise<void> {
  mkdirSync(lake, { recursive: true })
  closeLake(lake)
  presetLake(lake, localStore(lake, { disk }))
  const topology = withDisk(full({ lake, landing }), disk)
  const options = { models, epochMs: 1e-6, batchBytes: 48 * 1024, clock: fastClock(50) }
  await run(topology, options).done
}

function withDisk(topology: Topology, disk: DiskIo): Topology {
  const nodes = topology.nodes.map((node) => {
    if (node.kind !== 'source') return node
    const path = node.unit.options['path'] as string
    const { shapes } = postFormats[node.name as keyof typeof postFormats]
    return { ...node, unit: landingFiles({ path, shapes, disk }) }
  })
  return { ...topology, nodes }
}

/** `npm run test:faults -- --every 1`; with `--gold`, Gold too, which takes far longer */
if (isMain(import.meta.url)) {
  const of = (name: string, preset: number): number => {
    const at = process.argv.indexOf(`--${name}`)
    return at < 0 ? preset : Number(process.argv[at + 1])
  }
  const report = await everyCall(
    of('every', 1),
    of('first', 0),
    (line) => console.log(line),
    process.argv.includes('--gold'),
  )
  console.log(
    `${report.calls} I/O calls, ${report.tried} faults tried, ${report.findings.length} findings`,
  )
  process.exit(report.findings.length === 0 ? 0 : 1)
}
