/**
 * Every figure that the documentation names, measured by one command, beside its peers in the same run:
 *
 *   node bench/run.ts [--quick] [--only throughput,platform,…] [--peers polars,flink,…|none] [--list] [--render]
 *     [--rounds 5] [--inputs 250000,1000000] [--threads 1,2,4] [--out docs]
 *
 * The result of each part is kept as soon as it is there, as JSON in `benchmarks/`, and `benchmarks.md` and its
 * pictures are written again from all that is kept: parts can be measured one at a time, on different days. A part
 * that fails leaves its older result; a peer that fails is named on the page. What people have to say of a part lies
 * beside its result, as `<part>.md`. `--list` says how long each part takes, `--render` measures nothing. Peers from
 * PyPI are installed at their first use. The whole wants a machine that does nothing else; `--quick` takes minutes,
 * shows only that everything runs, and writes to the temporary folder.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { thisCommit, thisMachine } from './run/machine.ts'
import { writePage } from './run/page.ts'
import type { Part, Size } from './run/part.ts'
import { keepResult } from './run/results.ts'
import { QUICK, WHOLE } from './run/sizes.ts'
import { dedup } from './run/parts/dedup.ts'
import { gold } from './run/parts/gold.ts'
import { kafka } from './run/parts/kafka.ts'
import { latency } from './run/parts/latency.ts'
import { memory } from './run/parts/memory.ts'
import { budget } from './run/parts/budget.ts'
import { platform } from './run/parts/platform.ts'
import { scaling } from './run/parts/scaling.ts'
import { simulators } from './run/parts/simulators.ts'
import { start } from './run/parts/start.ts'
import { threads } from './run/parts/threads.ts'
import { large, throughput } from './run/parts/throughput.ts'
import { window } from './run/parts/window.ts'

/** In the page's order. */
const PARTS: Readonly<Record<string, Part<unknown>>> = {
  ...{ throughput, large, platform, gold, memory, budget, threads, scaling },
  ...{ kafka, latency, window, dedup, simulators, start },
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'string' },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    list: { type: 'boolean', default: false },
    render: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    inputs: { type: 'string' },
    threads: { type: 'string' },
    out: { type: 'string' },
  },
})
const list = (text: string): string[] => (text === 'none' ? [] : text.split(','))
const size: Size = {
  ...(values.quick ? QUICK : WHOLE),
  ...(values.peers !== undefined && { peers: list(values.peers) }),
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.inputs !== undefined && { inputs: list(values.inputs).map(Number) }),
  ...(values.threads !== undefined && { threads: list(values.threads).map(Number) }),
}
const out =
  values.out ??
  (values.quick ? join(tmpdir(), 'sluicebox-bench') : join(import.meta.dirname, '../docs'))

if (values.list) {
  for (const [name, { title, minutes }] of Object.entries(PARTS)) {
    console.log(`${name.padEnd(12)} ${String(minutes).padStart(3)} min  ${title}`)
  }
} else {
  if (!values.render) measureAll(list(values.only))
  writePage(out, PARTS)
  process.stderr.write(`${join(out, 'benchmarks.md')}\n`)
}

function measureAll(names: readonly string[]): void {
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name))
  if (unknown !== undefined) throw new Error(`there is no part '${unknown}'`)
  const [machine, commit, isQuick] = [thisMachine(), thisCommit(), values.quick]
  for (const name of names) {
    const part = PARTS[name]!
    const expected = isQuick ? '' : `, some ${part.minutes} min`
    process.stderr.write(`== ${name}: ${part.title}${expected}\n`)
    const began = performance.now()
    try {
      const result = part.measure(size)
      const minutes = Number(((performance.now() - began) / 60_000).toFixed(1))
      const measured = new Date().toISOString().slice(0, 10)
      const kept = { machine, commit, measured, isQuick, minutes, size, result }
      keepResult(join(out, 'benchmarks'), name, kept)
      writePage(out, PARTS)
      process.stderr.write(`== ${name}: ${minutes} min\n`)
    } catch (error) {
      // The other parts take hours: they go on, and what an earlier run found of this one stays.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
}
