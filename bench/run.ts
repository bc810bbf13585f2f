/**
 * Every figure that the documentation names, measured by one command, beside its peers in the same run:
 *
 *   node bench/run.ts [--quick] [--peers polars,bytewax,spark,spark-streaming|none] [--only throughput,…]
 *     [--rounds 5] [--inputs 250000,1000000] [--threads 1,2,4] [--out docs]
 *
 * Writes `benchmarks.md` and its pictures to the folder; who measures only some parts gets a document of those
 * parts, so give it another folder then. Peers from PyPI are installed at their first use. It takes hours and wants
 * a machine that does nothing else; `--quick` takes minutes and shows only that everything runs.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kafka, latency } from './run/kafka.ts'
import { thisMachine } from './run/machine.ts'
import { dedup, simulators, startUp } from './run/parts.ts'
import { memory, scaling, throughput } from './run/rawToSilver.ts'
import type { Section, Size } from './run/section.ts'

const PARTS: Readonly<Record<string, (size: Size) => Section>> = {
  throughput,
  memory,
  threads: scaling,
  kafka,
  latency,
  dedup,
  simulators,
  start: startUp,
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'string', default: 'polars,bytewax,spark,spark-streaming' },
    only: { type: 'string', default: Object.keys(PARTS).join(',') },
    rounds: { type: 'string' },
    inputs: { type: 'string' },
    threads: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../docs') },
  },
})
const peers = values.peers === 'none' ? [] : values.peers.split(',')
const sides = ['sluicebox', 'with-bronze', 'duckdb', ...peers]
const QUICK: Size = {
  ...{ tweets: 20_000, rounds: 1, sides, inputs: [10_000, 20_000, 40_000], threads: [1, 2] },
  ...{ seconds: 5, rates: [1000], keys: 200_000, events: 20_000 },
}
const WHOLE: Size = {
  ...{ tweets: 1_000_000, rounds: 5, sides, threads: [1, 2, 4] },
  inputs: [250_000, 1_000_000, 4_000_000, 10_000_000],
  ...{ seconds: 60, rates: [1000, 10_000], keys: 20_000_000, events: 500_000 },
}

const numbers = (list: string): readonly number[] => list.split(',').map(Number)
const size: Size = {
  ...(values.quick ? QUICK : WHOLE),
  ...(values.rounds !== undefined && { rounds: Number(values.rounds) }),
  ...(values.inputs !== undefined && { inputs: numbers(values.inputs) }),
  ...(values.threads !== undefined && { threads: numbers(values.threads) }),
}

const charts = join(values.out, 'benchmarks')
await mkdir(charts, { recursive: true })
const document = [
  '# Benchmarks',
  '',
  `Written by \`npm run bench${values.quick ? ' -- --quick' : ''}\`${values.quick ? ': a try; its figures mean little' : ''}.`,
  thisMachine(),
  '',
]
for (const name of values.only.split(',')) {
  const part = PARTS[name]
  if (part === undefined) throw new Error(`there is no part '${name}'`)
  process.stderr.write(`== ${name}\n`)
  try {
    const { title, text, chart } = part(size)
    document.push(`## ${title}`, '', text, '')
    if (chart === undefined) continue
    await writeFile(join(charts, `${chart.name}.svg`), chart.svg)
    document.push(`![${title}](benchmarks/${chart.name}.svg)`, '')
  } catch (error) {
    // The other parts take hours: what was measured is kept.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    document.push(`## ${name}`, '', 'This part failed.', '')
    process.exitCode = 1
  }
}
await writeFile(join(values.out, 'benchmarks.md'), document.join('\n'))
