import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { keepBuffers } from '../core/bufferPool.ts'
import { ConfigError } from '../core/errors.ts'
import type { Topology } from '../core/topology.ts'
import { openLake } from '../lake/openLake.ts'
import type { MemoryShares } from './memory/memoryShares.ts'
import { resolveOptions, type Resolved, type RunOptions } from './options.ts'
import type { Progress, RunResult } from './result.ts'
import type { Runners } from './runner.ts'

/** Runs on worker threads, which import the module and call the same named export. */
export interface PooledRunOptions<Settings> extends RunOptions {
  /** `import.meta.url` of the module that exports the function. */
  readonly module: string
  /** Handed to the function in every thread: plain data that structured clone can copy. */
  readonly settings: Settings
  /** Worker threads. @defaultValue the number of cores, or as many as fit into `memory` */
  readonly parallelism?: number
}

/** A topology that is running. */
export interface Run {
  /** A UUID: `run_id` in logs and `runId` of the result. */
  readonly runId: string
  /** Resolves when everything is committed; rejects with the first thing that went wrong. */
  readonly done: Promise<RunResult>
  /** Finishes the open epochs, commits them and ends. */
  close(): Promise<RunResult>
  readonly progress: Progress
  /** How the `memory` that it was given is shared out. */
  readonly memory: MemoryShares | undefined
}

/**
 * Runs a topology: claims its tasks, reads from where the last checkpoint stands, and commits epoch by
 * epoch, exactly once, until the input ends (micro-batch) or `close()` is called (streaming).
 *
 * Given a topology it runs inline, all on the calling thread. Given the function that builds it, with the
 * module that exports it under its own name, stateless stages run on worker threads.
 *
 * @throws ConfigError at once for impossible options; all else rejects `done`.
 * @example
 * ```ts
 * const { tasks } = await run(tweetLake, { module: import.meta.url, settings: { lake: './lake' } }).done
 * ```
 */
export function run(topology: Topology, options?: RunOptions): Run
export function run<Settings>(
  build: (settings: Settings) => Topology,
  options: PooledRunOptions<NoInfer<Settings>>,
): Run
export function run(
  subject: Topology | ((settings: never) => Topology),
  options: RunOptions | PooledRunOptions<unknown> = {},
): Run {
  if (typeof subject !== 'function') {
    const resolved = resolveOptions(subject, options, 0)
    resolved.logger.info('inline', { topology: subject.name, threads: 1 })
    return begin(subject, resolved, async () => {
      const { inlineRunners } = await import('./runner.ts')
      return inlineRunners(subject, resolved.clock, resolved.memoryBytes)
    })
  }
  const { module, settings, parallelism } = options as PooledRunOptions<unknown>
  if (parallelism !== undefined) checkParallelism(parallelism)
  if (subject.name === '') {
    throw new ConfigError(
      'run: the function that builds the topology has no name, so worker threads can’t find it; export it as a named constant or function',
      { code: 'SBX_NO_EXPORT' },
    )
  }
  const topology = subject(settings as never)
  const resolved = resolveOptions(topology, options, parallelism)
  const { memoryBytes, memory } = resolved
  const threads = parallelism ?? memory?.threads ?? availableParallelism()
  const exportName = subject.name
  return begin(topology, resolved, async () => {
    const { poolRunners } = await import('./pool.ts')
    return poolRunners({ module, exportName, settings, threads, memoryBytes, memory })
  })
}

function checkParallelism(parallelism: number): void {
  if (Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= 256) return
  throw new ConfigError(
    `run: parallelism must be a whole number from 1 to 256, not ${parallelism}`,
    { code: 'SBX_OPTION' },
  )
}

/** What runs a topology is loaded when one is run: to define and describe it needs none of that. */
function begin(topology: Topology, options: Resolved, open: () => Promise<Runners>): Run {
  const runId = randomUUID()
  const { memory } = options
  keepBuffers(memory && memory.buffersBytes / (memory.threads + 1))
  if (memory !== undefined) options.logger.info('memory', snakeCased(memory))
  const stopping = new AbortController()
  const progress = { bytes: 0, batches: 0, records: 0, epochs: 0 }
  const start = async (): Promise<RunResult> => {
    // The lake is probed and threads start while this one loads the rest.
    const probed = probeLake(options.lake)
    // Whoever waits for it hears of it.
    probed.catch(() => {})
    const runners = await open()
    const { superviseRun } = await import('./superviseRun.ts')
    return superviseRun({ topology, options, probed, runners, runId, stopping, progress })
  }
  const done = start()
  done.catch(() => {})
  return {
    runId,
    done,
    close() {
      stopping.abort()
      return done
    },
    progress,
    memory,
  }
}

async function probeLake(lake: string): Promise<void> {
  const [store, { probe }] = await Promise.all([openLake(lake), import('../lake/probe.ts')])
  await probe(store)
}

/** As logs call things. */
const snakeCased = (shares: MemoryShares): Record<string, number> =>
  Object.fromEntries(
    Object.entries(shares).map(([name, bytes]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      bytes,
    ]),
  )
