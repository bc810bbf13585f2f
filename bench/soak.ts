/**
 * The platform in streaming mode for long: events land at a steady rate; memory and open handles of the process
 * are written down over time, and must not grow.
 *
 *   node bench/soak.ts [--events 500000] [--rate 579]
 *
 * 579 events a second are ten times 5 million a day. At the end the process is asked to stop, and what it has
 * counted is compared with what was planted. Linux only: reads /proc.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isMain } from '../topologies/platform/isMain.ts'
import type { Summary } from '../topologies/platform/summary.ts'
import { plantedTruth, simulateLanding } from '../topologies/simulators/writeLanding.ts'
import { start } from '../tests/contract/platform.ts'

export interface SoakOptions {
  readonly events: number
  /** Events a second. */
  readonly rate: number
  /** Between two looks at the process, ms. */
  readonly everyMs: number
  /** Further options of the platform. */
  readonly args: readonly string[]
  say(line: string): void
}

export interface Sample {
  readonly seconds: number
  readonly landed: number
  /** What the process takes of the machine's memory. */
  readonly rssMiB: number
  /** Objects, of all threads together. */
  readonly heapMiB: number
  /** Buffers beside them, those of array buffers included. */
  readonly externalMiB: number
  readonly handles: number
  readonly cpuSeconds: number
  /** Data files in the Silver table's folder, replaced ones included. */
  readonly silverFiles: number
  readonly bronzeFiles: number
}

export interface SoakResult {
  readonly samples: readonly Sample[]
  readonly total: Summary['total']
  /** Records planted, and what should have become of them. */
  readonly expected: { readonly read: number; readonly written: number }
  readonly compactions: number
}

const PROBE = new URL('./soak/memoryProbe.ts', import.meta.url).href

/** Lets events land, watches the process, and stops it when all of them are in. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { events, rate, everyMs, say } = options
  const folder = await mkdtemp(join(tmpdir(), 'bench-soak-'))
  const [landing, lake] = [join(folder, 'landing'), join(folder, 'lake')]
  await simulateLanding({ landing, events: Math.min(rate, events), seed: 9 })
  const args = ['--mode', 'streaming', '--landing', landing, '--lake', lake, '--json']
  const memoryLog = join(folder, 'memory.ndjson')
  const life = start([...args, ...options.args], {
    SLUICEBOX_LOG: 'info',
    SLUICEBOX_MEMORY_LOG: memoryLog,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${PROBE}`,
  })
  const startedMs = performance.now()
  const seconds = (): number => (performance.now() - startedMs) / 1000
  const samples: Sample[] = []
  say(
    'seconds  landed    RSS MiB  heap MiB  external MiB  handles  CPU s  silver files  bronze files',
  )
  let landed = 0
  let nextMs = everyMs
  let isOver = false
  const ended = life.ended.then((end) => {
    isOver = true
    return end
  })
  while (landed < events && !isOver) {
    landed = Math.min(events, Math.ceil(seconds() * rate))
    await simulateLanding({ landing, events: landed, seed: 9 })
    if (seconds() * 1000 >= nextMs) {
      nextMs += everyMs
      const sample = await look({ pid: life.pid, lake, memoryLog }, seconds(), landed)
      samples.push(sample)
      say(rowOf(sample))
    }
    await delay(1000)
  }
  // What has landed last settles, and its epoch is committed.
  await Promise.race([delay(12_000), ended])
  life.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  if (code !== 0) throw new Error(`the platform ended with ${code}:\n${stderr.slice(-4000)}`)
  const { total } = JSON.parse(stdout) as Summary
  const planted = Object.values((await plantedTruth(landing)).platforms)
  const sum = (what: 'read' | 'written'): number =>
    planted.reduce((all, platform) => all + platform[what], 0)
  await rm(folder, { recursive: true })
  return {
    samples,
    total,
    expected: { read: sum('read'), written: sum('written') },
    compactions: stderr.split('"event":"compacted"').length - 1,
  }
}

interface Heap {
  readonly thread: number
  readonly heapUsed: number
  readonly external: number
}

const lastOfEachThread = (log: string): readonly Heap[] => [
  ...new Map(
    log
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Heap)
      .map((heap) => [heap.thread, heap]),
  ).values(),
]

async function look(
  {
    pid,
    lake,
    memoryLog,
  }: { readonly pid: number; readonly lake: string; readonly memoryLog: string },
  seconds: number,
  landed: number,
): Promise<Sample> {
  const heaps = lastOfEachThread(await readFile(memoryLog, 'utf8'))
  const mib = (of: 'heapUsed' | 'external'): number =>
    Math.round(heaps.reduce((sum, heap) => sum + heap[of], 0) / 2 ** 20)
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user = 0, system = 0] = stat.split(') ')[1]!.split(' ').slice(11, 13).map(Number)
  const silver = (await below(join(lake, 'silver'))).filter((name) => name.endsWith('.parquet'))
  return {
    seconds: Math.round(seconds),
    landed,
    rssMiB: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024),
    heapMiB: mib('heapUsed'),
    externalMiB: mib('external'),
    handles: (await readdir(`/proc/${pid}/fd`)).length,
    cpuSeconds: Math.round((user + system) / 100),
    silverFiles: silver.filter((name) => !name.includes('_delta_log')).length,
    bronzeFiles: (await below(join(lake, 'bronze'))).filter((name) => name.includes('.')).length,
  }
}

const below = (folder: string): Promise<string[]> =>
  readdir(folder, { recursive: true }).catch(() => [])

const rowOf = (sample: Sample): string =>
  [
    String(sample.seconds).padStart(7),
    sample.landed.toLocaleString('en-US').padStart(8),
    String(sample.rssMiB).padStart(9),
    String(sample.heapMiB).padStart(9),
    String(sample.externalMiB).padStart(13),
    String(sample.handles).padStart(8),
    String(sample.cpuSeconds).padStart(6),
    String(sample.silverFiles).padStart(13),
    String(sample.bronzeFiles).padStart(13),
  ].join(' ')

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN

/** How much the last third of the samples is above the one before it: a share of it. */
export function growth(samples: readonly Sample[], of: 'rssMiB' | 'handles'): number {
  const values = samples.map((sample) => sample[of])
  const third = Math.floor(values.length / 3)
  return median(values.slice(-third)) / median(values.slice(-2 * third, -third)) - 1
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '500000' },
      rate: { type: 'string', default: '579' },
    },
  })
  const { samples, total, expected, compactions } = await soak({
    ...{ events: Number(values.events), rate: Number(values.rate), everyMs: 30_000 },
    ...{ args: ['--gold-interval', '60'], say: console.log },
  })
  const { read, written } = total.records
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
  console.log(`read ${read} of ${expected.read}, written ${written} of ${expected.written}`)
  console.log(`${compactions} compactions`)
  console.log(
    `last third against the one before: RSS ${percent(growth(samples, 'rssMiB'))}, handles ${percent(growth(samples, 'handles'))}`,
  )
  const isEven = growth(samples, 'rssMiB') < 0.1 && growth(samples, 'handles') < 0.1
  const isRight = read === expected.read && written === expected.written
  process.exitCode = isEven && isRight ? 0 : 1
}
