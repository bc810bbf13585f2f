import {
  ConfigError,
  GateError,
  memoryShares,
  run,
  SluiceboxError,
  type Logger,
  type Run,
  type Topology,
} from '../../src/index.ts'
import { platformLogger } from './logger.ts'
import type { PlatformOptions } from './options.ts'
import { progressLine } from './progressLine.ts'
import { summarise, type Summary } from './summary.ts'

/** What the platform's topology is built from: plain data, it travels to worker threads. */
export interface PlatformSettings {
  readonly lake: string
  readonly landing: string
  readonly kafka?: string | undefined
}

const SIMULATED = './data/landing'
const EXIT = { done: 0, failed: 1, usage: 2, gate: 3 } as const

/**
 * The platform's command: simulates if asked to, runs the topology, ends in a summary.
 *
 * @param build - The topology's factory, exported by `module` under its own name.
 * @returns the exit code
 */
export async function main(
  build: (settings: PlatformSettings) => Topology,
  module: string,
  options: PlatformOptions,
): Promise<number> {
  try {
    return (await runPlatform(build, module, options)) ? EXIT.done : EXIT.failed
  } catch (error) {
    complain(error)
    return exitCodeOf(error)
  }
}

/** False where a file could not be read. */
async function runPlatform(
  build: (settings: PlatformSettings) => Topology,
  module: string,
  options: PlatformOptions,
): Promise<boolean> {
  const { memory, parallelism, mode } = options
  const models = options.until === 'gold'
  // Refused before anything is simulated.
  const shares =
    memory === undefined ? undefined : memoryShares({ memory, parallelism, mode, models })
  const stop = stopOnSignals()
  const line = progressLine()
  const landing = options.landing ?? SIMULATED
  if (options.landing === undefined) {
    const { events, seed } = options
    const { simulateLanding } = await import('../simulators/writeLanding.ts')
    const onProgress = (written: number): void => line.bar('simulating', written, events)
    await simulateLanding({ landing, events, seed, onProgress, signal: stop.signal })
  }
  const settings = { lake: options.lake, landing, kafka: options.kafka }
  const logger = platformLogger()
  const running = run(build, {
    module,
    settings,
    ...(parallelism === undefined ? {} : { parallelism }),
    ...(memory === undefined ? {} : { memory }),
    mode,
    epochMs: options.epoch,
    modelsIntervalMs: options.goldInterval * 1000,
    models,
    ...(options.maxRejected < 100 ? { rejectLimit: { share: options.maxRejected / 100 } } : {}),
    dropState: options.dropState,
    acceptSource: options.acceptSource,
    logger,
  })
  const { runId, done } = running
  const followed = { runId, done, mode: options.mode }
  const lineage = await lineageOf(options.openlineage, () => build(settings), followed, logger)
  stop.signal.addEventListener('abort', () => void running.close().catch(() => {}))
  if (stop.signal.aborted) void running.close().catch(() => {})
  line.follow(options.mode, running.progress)
  try {
    const result = await running.done
    const summary = summarise(result, options.until === 'gold')
    line.stop()
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
    else {
      const [{ checkTruth }, { report }] = await Promise.all([
        import('./truth.ts'),
        import('./report.ts'),
      ])
      const truth = await checkTruth(landing, summary)
      const gold = result.builds['gold']
      process.stdout.write(report(summary, { lake: options.lake, gold }, truth))
    }
    // With Gold they are run before it is published.
    if (options.until === 'silver' && result.epochs > 0) {
      const [{ checkLake, refuseBlocked }, { committed }] = await Promise.all([
        import('../../src/quality.ts'),
        import('../quality/suites.ts'),
      ])
      const limit = shares ? { memoryBytes: shares.databaseBytes } : {}
      refuseBlocked(await checkLake({ lake: options.lake, suites: committed, ...limit }))
    }
    return wasReadable(summary)
  } finally {
    await lineage?.close()
    line.stop()
    stop.release()
  }
}

/** A file that couldn't be read does not stop a run, but it must not look like success either. */
function wasReadable(summary: Summary): boolean {
  const files = summary.rejected_by['unreadable_file'] ?? 0
  if (files === 0) return true
  process.stderr.write(
    `${files} file${files === 1 ? '' : 's'} could not be read; see the table quarantine (reason unreadable_file). Everything else is committed.\n`,
  )
  return false
}

/** The first SIGINT or SIGTERM asks for an orderly end; the second one ends the process. */
function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onSignal = (): void => {
    release()
    controller.abort()
  }
  const release = (): void => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { signal: controller.signal, release }
}

/** OpenLineage events, for those who want them. */
async function lineageOf(
  to: string | undefined,
  topology: () => Topology,
  running: Pick<Run, 'runId' | 'done'> & { readonly mode: PlatformOptions['mode'] },
  logger: Logger,
): Promise<{ close(): Promise<void> } | undefined> {
  if (to === undefined) return undefined
  const { followLineage } = await import('./lineage.ts')
  return followLineage(to, topology(), running, logger)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof GateError) return EXIT.gate
  if (error instanceof ConfigError) return EXIT.usage
  return EXIT.failed
}

function complain(error: unknown): void {
  if (error instanceof SluiceboxError)
    process.stderr.write(`${error.name} ${error.code}: ${error.message}\n`)
  else
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
}
