/**
 * Where the time of a run goes, as a flame graph: raw files to Bronze and Silver.
 *
 *   node bench/flameGraph.ts [--tweets 1000000] [--threads 2] [--out docs/benchmarks/flame.svg]
 *
 * Node samples the calling thread and every worker each millisecond, and their stacks are drawn as one picture. V8's own
 * threads, which compile and mark garbage, are in none of them: `perf` shows those.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { flameChart } from './charts/flameChart.ts'
import { readProfiles } from './flame/readProfiles.ts'
import { simulatedLanding } from './harness/landing.ts'

const { values } = parseArgs({
  options: {
    tweets: { type: 'string', default: '1000000' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: join(import.meta.dirname, '../docs/benchmarks/flame.svg') },
  },
})
const landing = await simulatedLanding(Number(values.tweets))
const folder = mkdtempSync(join(tmpdir(), 'sluicebox-profiles-'))
try {
  execFileSync(process.execPath, [
    ...['--cpu-prof', `--cpu-prof-dir=${folder}`],
    join(import.meta.dirname, 'rawToSilver.ts'),
    ...['--side', 'with-bronze', '--landing', landing, '--threads', values.threads],
  ])
  const root = readProfiles(folder, resolve(import.meta.dirname, '..'))
  const seconds = (root.value / 1e6).toFixed(1)
  const note = `${Number(values.tweets).toLocaleString('en')} tweets, ${values.threads} worker threads, ${seconds} s of all threads together; wider is longer, below stands what was called`
  writeFileSync(values.out, flameChart({ title: 'Raw files to Bronze and Silver', note }, root))
  console.log(values.out)
} finally {
  rmSync(folder, { recursive: true })
}
