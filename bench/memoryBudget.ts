/**
 * The platform, and a window of many keys, with a memory budget and without.
 *
 *   node bench/memoryBudget.ts [--memory 512MB] [--posts 1300000] [--events 10000000] [--threads 2]
 *     [--jobs silver,gold,keys] [--json]
 *
 * `silver` and `gold` are `node topologies/full.ts` as far as that layer, with suites; what was planted must be found.
 * `keys` remembers every key of as many events: more than fit into the budget. Each run is a process of its own. With
 * the budget it is also under a limit of the kernel of the same size (a control group, where this user can make one): it
 * counts the page cache too and kills who needs more. The peer is the same run without both.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { memoryShares } from '../src/index.ts'
import type { Summary } from '../topologies/platform/summary.ts'
import { checkTruth } from '../topologies/platform/truth.ts'
import { planted } from './boundedWindow/eventLake.ts'
import { simulatedLanding, TWEETS_OF_EVENTS } from './harness/landing.ts'
import { memoryLimit } from './harness/memoryLimit.ts'
import { runWatched, type Command } from './harness/runWatched.ts'

const MIB = 2 ** 20
const JOBS = ['silver', 'gold', 'keys'] as const
type Job = (typeof JOBS)[number]

interface BudgetRun {
  readonly job: Job
  /** 0: none. */
  readonly budgetBytes: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** Peak, looked at ten times a second, bytes. */
  readonly rss: number
  /** Whether the kernel held it to the budget. */
  readonly isLimited: boolean
  readonly isRight: boolean
}

const { values } = parseArgs({
  options: {
    memory: { type: 'string', default: '512MB' },
    posts: { type: 'string', default: '1300000' },
    events: { type: 'string', default: '10000000' },
    threads: { type: 'string', default: '2' },
    jobs: { type: 'string', default: JOBS.join(',') },
    json: { type: 'boolean', default: false },
  },
})
const budgetBytes = memoryShares({ memory: values.memory }).memoryBytes
const jobs = JOBS.filter((job) => values.jobs.split(',').includes(job))
const needsLanding = jobs.some((job) => job !== 'keys')
const landing = needsLanding ? await simulatedLanding(Number(values.posts) * TWEETS_OF_EVENTS) : ''
const runs: BudgetRun[] = []
for (const job of jobs) {
  for (const bytes of [0, budgetBytes]) {
    const run = await measured(job, bytes)
    if (!values.json) console.log(row(run))
    else process.stderr.write(`${row(run)}\n`)
    runs.push(run)
  }
}
if (values.json) console.log(JSON.stringify(runs))
else if (runs.some(({ isRight }) => !isRight)) process.exitCode = 1

async function measured(job: Job, bytes: number): Promise<BudgetRun> {
  const limit = bytes === 0 ? undefined : memoryLimit(bytes)
  const lake = await mkdtemp(join(tmpdir(), `bench-budget-${job}-`))
  try {
    const command = commandOf(job, lake, bytes)
    const run = await runWatched(limit === undefined ? command : limit.around(command))
    const { answer, seconds, cpuSeconds, rss } = run
    const isRight = await judge(job, answer)
    const figures = { seconds, cpuSeconds, rss, isLimited: limit !== undefined, isRight }
    return { job, budgetBytes: bytes, ...figures }
  } finally {
    limit?.remove()
    await rm(lake, { recursive: true })
  }
}

function commandOf(job: Job, lake: string, bytes: number): Command {
  const budget = bytes === 0 ? [] : ['--memory', String(bytes)]
  const script = job === 'keys' ? 'boundedWindow.ts' : '../topologies/full.ts'
  const args =
    job === 'keys'
      ? ['--side', 'unbounded', '--events', values.events, '--threads', values.threads]
      : [
          ...['--landing', landing, '--lake', lake, '--until', job, '--json'],
          ...['--parallelism', values.threads],
        ]
  // As docs/operating.md says of sources on the main thread.
  const node = job === 'keys' ? ['--max-semi-space-size=8'] : []
  return {
    command: process.execPath,
    args: [...node, join(import.meta.dirname, script), ...args, ...budget],
    env: { SLUICEBOX_LOG: 'warn' },
  }
}

/** Whether what was planted was found. */
async function judge(job: Job, printed: string): Promise<boolean> {
  const answer: unknown = JSON.parse(printed.trimEnd().split('\n').at(-1)!)
  if (job === 'keys') {
    const { read, written, duplicate } = (answer as { answer: Record<string, number> }).answer
    const events = Number(values.events)
    const expected = planted(events, true).duplicate
    return read === events && duplicate === expected && written === events - expected
  }
  const checks = await checkTruth(landing, answer as Summary)
  return checks?.every(({ expected, got }) => expected === got) === true
}

function row({
  job,
  budgetBytes,
  seconds,
  cpuSeconds,
  rss,
  isLimited,
  isRight,
}: BudgetRun): string {
  const budget = budgetBytes === 0 ? 'no budget' : `${(budgetBytes / MIB).toFixed(0)} MiB`
  return [
    job.padEnd(6),
    `${budget}${isLimited ? ', held by the kernel' : ''}`.padEnd(28),
    `peak RSS ${(rss / MIB).toFixed(0)} MiB`.padEnd(18),
    `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s`,
    isRight ? 'all found' : 'WRONG',
  ].join('  ')
}
