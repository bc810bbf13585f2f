/**
 * How long the platform takes from its start to its help, and to its first record.
 *
 *   node bench/startUp.ts [--rounds 20] [--json]
 *
 * Beside it a bare `node -e 0` and Node running an empty TypeScript file: nothing that is written in it can
 * start sooner. All take turns, so that what else the machine does disturbs them alike. The first record is
 * timed from the start of the process to the event `reading` in its log: the first record of a landing zone
 * has been read then. Node's compile cache is warm, as it is from the second start on.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { start } from '../tests/contract/platform.ts'
import { twitter } from '../topologies/simulators/twitter.ts'
import { least, median } from './harness/figures.ts'

interface Measured {
  readonly ms: number
  /** Where a process was run to its end. */
  readonly cpuMs?: number
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})

const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
const landing = join(folder, 'landing')
const empty = join(folder, 'empty.ts')
const full = join(import.meta.dirname, '../topologies/full.ts')
writeFileSync(empty, 'export const nothing: number = 0\n')
mkdirSync(join(landing, 'twitter'), { recursive: true })
writeFileSync(join(landing, 'twitter/one.ndjson'), `${twitter(1)(0).raw}\n`)

const sides: Record<string, (round: number) => Measured | Promise<Measured>> = {
  'node -e 0': () => ran(['-e', '0']),
  'an empty .ts file': () => ran([empty]),
  '--help': () => ran([full, '--help']),
  'first record read': firstRecord,
}

try {
  const rounds: Record<string, Measured[]> = {}
  // The round before the first one warms the caches.
  for (let round = -1; round < Number(values.rounds); round++) {
    for (const [side, run] of Object.entries(sides)) {
      const measured = await run(round)
      if (round >= 0) (rounds[side] ??= []).push(measured)
    }
  }
  const figures = Object.entries(rounds).map(([side, runs]) => {
    const ms = runs.map((run) => run.ms)
    const cpu = runs.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]))
    const ofCpu = cpu.length === 0 ? {} : { leastCpuMs: least(cpu), medianCpuMs: median(cpu) }
    return { side, leastMs: least(ms), medianMs: median(ms), ...ofCpu }
  })
  if (values.json) console.log(JSON.stringify(figures))
  else for (const figure of figures) console.log(row(figure))
} finally {
  rmSync(folder, { recursive: true })
}

interface Figure {
  readonly side: string
  readonly leastMs: number
  readonly medianMs: number
  readonly leastCpuMs?: number
  readonly medianCpuMs?: number
}

function row({ side, leastMs, medianMs, leastCpuMs, medianCpuMs }: Figure): string {
  const wall = `least ${leastMs.toFixed(0)} ms  median ${medianMs.toFixed(0)} ms`
  const ofCpu =
    leastCpuMs === undefined
      ? ''
      : `  CPU least ${leastCpuMs.toFixed(0)} ms  median ${medianCpuMs!.toFixed(0)} ms`
  return `${side.padEnd(18)} ${wall}${ofCpu}`
}

/** Runs Node to its end; the shell that starts it reads the clock and the processor's time. */
function ran(args: readonly string[]): Measured {
  const timed = `TIMEFORMAT='%3R %3U %3S'; time "$@" >/dev/null 2>/dev/null`
  const out = execFileSync('bash', ['-c', `{ ${timed}; } 2>&1`, '-', process.execPath, ...args])
  const [real = 0, user = 0, system = 0] = out.toString().trim().split(' ').map(Number)
  return { ms: real * 1000, cpuMs: (user + system) * 1000 }
}

async function firstRecord(round: number): Promise<Measured> {
  const lake = join(folder, `lake${round}`)
  const args = ['--lake', lake, '--landing', landing, '--mode', 'streaming', '--until', 'silver']
  const before = performance.now()
  const life = start(args, { SLUICEBOX_LOG: 'info' })
  await life.saw('"reading","task":"twitter"')
  const ms = performance.now() - before
  life.kill('SIGTERM')
  await life.ended
  return { ms }
}
