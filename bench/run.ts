/**
 * Every figure that the documentation names, measured by one command, beside its peers in the same run:
 * `node bench/run.ts --help`.
 *
 * The result of each part is kept as soon as it is there, as JSON in `benchmarks/`, and `benchmarks.md` and its
 * pictures are written again from all that is kept: parts can be measured one at a time, on different days. A part
 * that fails leaves its older result; a peer that fails is named on the page. What people have to say of a part lies
 * beside its result, as `<part>.md`. Peers from PyPI are installed at their first use.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
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

const listOf = (text: string): string[] => (text === 'none' ? [] : text.split(','))
const numbersOf = (text: string): number[] => listOf(text).map(Number)
const partsOf = (text: string): string[] => {
  const names = listOf(text)
  const unknown = names.find((name) => !Object.hasOwn(PARTS, name))
  if (unknown === undefined) return names
  throw new InvalidArgumentError(`There is no part '${unknown}': --list says which there are.`)
}
const list = Object.entries(PARTS)
  .map(
    ([name, { title, minutes }]) =>
      `${name.padEnd(12)} ${String(minutes).padStart(3)} min  ${title}`,
  )
  .join('\n')

interface Values {
  readonly only?: string[]
  readonly quick: boolean
  readonly peers?: string[]
  readonly rounds?: number
  readonly inputs?: number[]
  readonly threads?: number[]
  readonly list: boolean
  readonly render: boolean
  readonly out?: string
}

const values = new Command('npm run bench --')
  .description(
    'Measures what docs/benchmarks.md says, beside peers in the same run, and writes it again.',
  )
  .option('--only <parts>', 'measure these alone', partsOf)
  .option(
    '--quick',
    'take minutes, show only that everything runs, and write to the temporary folder',
    false,
  )
  .option('--peers <names>', `of ${WHOLE.peers.join(', ')}; none: DuckDB alone`, listOf)
  .option('--rounds <n>', 'how often each side takes its turn', Number)
  .option('--inputs <records>', 'sizes of the input, where a part has several', numbersOf)
  .option('--threads <n>', 'numbers of threads, where a part has several', numbersOf)
  .option('--list', 'say how long each part takes', false)
  .option('--render', 'measure nothing, write the page from what is kept', false)
  .option('--out <folder>', 'where the page and its results are')
  .addHelpText(
    'after',
    `\nParts, on a machine that does nothing else:\n${list.replaceAll(/^/gm, '  ')}`,
  )
  .addHelpText('after', '\nExample: npm run bench -- --only gold,threads --rounds 1')
  .parse()
  .opts<Values>()
const { peers, rounds, inputs, threads: threadCounts } = values
const size: Size = {
  ...(values.quick ? QUICK : WHOLE),
  ...(peers !== undefined && { peers }),
  ...(rounds !== undefined && { rounds }),
  ...(inputs !== undefined && { inputs }),
  ...(threadCounts !== undefined && { threads: threadCounts }),
}
const out =
  values.out ??
  (values.quick ? join(tmpdir(), 'sluicebox-bench') : join(import.meta.dirname, '../docs'))

if (values.list) {
  console.log(list)
} else {
  if (!values.render) measureAll(values.only ?? Object.keys(PARTS))
  writePage(out, PARTS)
  process.stderr.write(`${join(out, 'benchmarks.md')}\n`)
}

function measureAll(names: readonly string[]): void {
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
