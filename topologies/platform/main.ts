import { CommanderError } from 'commander'
import { ConfigError, GateError, run, SluiceboxError, type Topology } from '../../src/index.ts'
import { checkLake, refuseBlocked } from '../../src/quality.ts'
import { committed } from '../quality/suites.ts'
import { simulateLanding } from '../simulators/writeLanding.ts'
import { platformLogger } from './logger.ts'
import { followLineage } from './lineage.ts'
import { parseOptions, type PlatformOptions } from './options.ts'
import { progressLine } from './progressLine.ts'
import { report } from './report.ts'
import { summarise, type Summary } from './summary.ts'
import { checkTruth } from './truth.ts'

/** What the platform's topology is built from: plain data, it travels to worker threads. */
export interface PlatformSettings {
  readonly lake: string
  readonly landing: string
  readonly kafka?: string | undefined
}

const SIMULATED = './data/landing'
const EXIT = { done: 0, failed: 1, usage: 2, gate: 3 } as const

/**
 * The platform's command: simulates if asked to, runs the topology, ends in a summary. Sets the exit code.
 *
 * @param build - The topology's factory, exported by `module` under its own name.
 */
export async function main(
  build: (settings: PlatformSettings) => Topology,
  module: string,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  try {
    process.exitCode = await runPlatform(build, module, parseOptions(argv))
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    if (!(error instanceof CommanderError)) complain(error)
  }
}

async function runPlatform(
  build: (settings: PlatformSettings) => Topology,
  module: string,
  options: PlatformOptions,
): Promise<number> {
  const stop = stopOnSignals()
  const line = progressLine()
  const landing = options.landing ?? SIMULATED
  if (options.landing === undefined) {
    const { events, seed } = options
    const onProgress = (written: number): void => line.bar('simulating', written, events)
    await simulateLanding({ landing, events, seed, onProgress, signal: stop.signal })
  }
  const settings = { lake: options.lake, landing, kafka: options.kafka }
  const logger = platformLogger()
  const running = run(build, {
    module,
    settings,
    parallelism: options.parallelism,
    mode: options.mode,
    epochMs: options.epoch,
    modelsIntervalMs: options.goldInterval * 1000,
    models: options.until === 'gold',
    ...(options.maxRejected < 100 ? { rejectLimit: { share: options.maxRejected / 100 } } : {}),
    dropState: options.dropState,
    acceptSource: options.acceptSource,
    logger,
  })
  const lineage = followLineage(options.openlineage, build(settings), running, logger)
  stop.signal.addEventListener('abort', () => void running.close().catch(() => {}))
  if (stop.signal.aborted) void running.close().catch(() => {})
  line.follow(options.mode, running.progress)
  try {
    const result = await running.done
    const summary = summarise(result, options.until === 'gold')
    line.stop()
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`)
    else {
      const truth = await checkTruth(landing, summary)
      const gold = result.builds['gold']
      process.stdout.write(report(summary, { lake: options.lake, gold }, truth))
    }
    // With Gold they are run before it is published.
    if (options.until === 'silver' && result.epochs > 0) {
      refuseBlocked(await checkLake({ lake: options.lake, suites: committed }))
    }
    return unreadable(summary)
  } finally {
    await lineage.close()
    line.stop()
    stop.release()
  }
}

/** A file that couldn't be read does not stop a run, but it must not look like success either. */
function unreadable(summary: Summary): number {
  const files = summary.rejected_by['unreadable_file'] ?? 0
  if (files === 0) return EXIT.done
  process.stderr.write(
    `${files} file${files === 1 ? '' : 's'} could not be read; see the table quarantine (reason unreadable_file). Everything else is committed.\n`,
  )
  return EXIT.failed
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

function exitCodeOf(error: unknown): number {
  if (error instanceof GateError) return EXIT.gate
  if (error instanceof ConfigError) return EXIT.usage
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
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
