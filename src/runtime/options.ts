import type { Clock } from '../core/clock.ts'
import { ConfigError } from '../core/errors.ts'
import type { Topology } from '../core/topology.ts'
import type { Logger } from '../core/unit.ts'
import { silentLogger } from './logger.ts'
import { memoryShares, type MemoryShares } from './memory/memoryShares.ts'
import { checkRejectLimit, type RejectLimit } from './rejectLimit.ts'
import { systemClock } from './systemClock.ts'

/** How a topology is run. Every default suits a laptop. */
export interface RunOptions {
  /** Process what is there and end, or go on until closed. @defaultValue 'micro-batch' */
  readonly mode?: 'micro-batch' | 'streaming'
  /** How often a task commits, ms. @defaultValue 5000 */
  readonly epochMs?: number
  /** A task commits after this many bytes of input, even before `epochMs`. @defaultValue 1 GiB */
  readonly epochBytes?: number
  /** Upper bound of a batch, bytes; a single larger record may exceed it. @defaultValue 1 MiB */
  readonly batchBytes?: number
  /**
   * What the process may take in all: bytes, or text such as `512MB` or `1GiB`. `memoryShares` says who gets how much
   * of it; beyond that sources wait, keys and tables go to disk, and files are written early.
   * @defaultValue nobody counts all of it; what is bounded each for itself is about 600 MiB and the windows' keys
   */
  readonly memory?: number | string
  /** What all writers together may hold before they start a file, bytes. @defaultValue their share of `memory`, else 64 MiB */
  readonly memoryBytes?: number
  /** In streaming mode models are rebuilt at most this often, ms, and once at the end. @defaultValue 30000 */
  readonly modelsIntervalMs?: number
  /** Whether models are built at all. @defaultValue true */
  readonly models?: boolean
  /** Whether streaming folds small files and deletes old ones in the background. @defaultValue true */
  readonly upkeep?: boolean
  /** Where checkpoints and leases are. @defaultValue the one lake that the topology's sinks name */
  readonly lake?: string
  /** Stateful nodes that start with empty state, sources that are read from their beginning again. */
  readonly dropState?: readonly string[]
  /** Sources whose identity may have changed: then they are read from their beginning. */
  readonly acceptSource?: readonly string[]
  /**
   * A circuit breaker: an epoch of which a larger share was rejected is not committed, and the run ends with
   * GateError `SBX_REJECT_LIMIT` instead of filling the quarantine. @defaultValue none
   */
  readonly rejectLimit?: RejectLimit
  /** Gives up at once, committing nothing more; what is committed stays. `close()` ends in order. */
  readonly signal?: AbortSignal
  readonly logger?: Logger
  readonly clock?: Clock
}

export type Resolved = Required<Omit<RunOptions, 'signal' | 'lake' | 'rejectLimit' | 'memory'>> & {
  readonly memory: MemoryShares | undefined
  readonly lake: string
  readonly signal: AbortSignal | undefined
  readonly rejectLimit: RejectLimit | undefined
}

const POSITIVE = ['epochMs', 'epochBytes', 'batchBytes', 'memoryBytes', 'modelsIntervalMs'] as const

/**
 * @param parallelism - worker threads; 0: none, undefined: nobody said
 * @throws ConfigError `SBX_OPTION` for an impossible value, `SBX_NO_LAKE` where checkpoints have no place
 */
export function resolveOptions(
  topology: Topology,
  options: RunOptions,
  parallelism: number | undefined,
): Resolved {
  for (const name of POSITIVE) {
    const value = options[name]
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue
    throw new ConfigError(`run: ${name} must be a finite number above 0, not ${value}`, {
      code: 'SBX_OPTION',
    })
  }
  const { mode } = options
  if (mode !== undefined && mode !== 'micro-batch' && mode !== 'streaming') {
    throw new ConfigError(`run: mode must be 'micro-batch' or 'streaming', not '${String(mode)}'`, {
      code: 'SBX_OPTION',
    })
  }
  checkNames(topology, options)
  if (options.rejectLimit !== undefined) checkRejectLimit(options.rejectLimit)
  const memory = sharesOf(topology, options, parallelism)
  return {
    mode: mode ?? 'micro-batch',
    epochMs: options.epochMs ?? 5000,
    epochBytes: options.epochBytes ?? 2 ** 30,
    batchBytes: options.batchBytes ?? 2 ** 20,
    memoryBytes: options.memoryBytes ?? memory?.writersBytes ?? 64 * 2 ** 20,
    modelsIntervalMs: options.modelsIntervalMs ?? 30_000,
    models: options.models ?? true,
    upkeep: options.upkeep ?? true,
    lake: options.lake ?? onlyLake(topology),
    dropState: options.dropState ?? [],
    acceptSource: options.acceptSource ?? [],
    signal: options.signal,
    memory,
    rejectLimit: options.rejectLimit,
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
  }
}

function sharesOf(
  topology: Topology,
  { memory, mode, models = true }: RunOptions,
  parallelism: number | undefined,
): MemoryShares | undefined {
  if (memory === undefined) return undefined
  const builds = models && topology.nodes.some(({ kind }) => kind === 'models')
  return memoryShares({ memory, mode, parallelism, models: builds })
}

/** Nodes that are gone may have left state behind, sources that are gone have no task to accept them. */
function checkNames(topology: Topology, { acceptSource = [], dropState = [], logger }: RunOptions) {
  const sources = topology.nodes.filter(({ kind }) => kind === 'source').map(({ name }) => name)
  for (const name of acceptSource) {
    if (sources.includes(name)) continue
    throw new ConfigError(
      `run: acceptSource names '${name}', which is no source of '${topology.name}'; its sources are ${sources.join(', ')}`,
      { code: 'SBX_OPTION' },
    )
  }
  for (const name of dropState) {
    if (topology.nodes.some((node) => node.name === name)) continue
    const detail = 'no node has that name; what a checkpoint keeps under it is dropped'
    logger?.warn('drop_state_unknown', { node: name, detail })
  }
}

/** Checkpoints belong where the data goes; a topology without a lake keeps them in memory. */
function onlyLake(topology: Topology): string {
  const lakes = new Set<string>()
  for (const node of topology.nodes) {
    const lake = node.kind === 'sink' ? node.unit.options['lake'] : undefined
    if (typeof lake === 'string') lakes.add(lake)
  }
  const [first, second] = lakes
  if (second === undefined) return first ?? `memory:${topology.name}-${crypto.randomUUID()}`
  throw new ConfigError(
    `the sinks of '${topology.name}' write to ${lakes.size} lakes (${[...lakes].join(', ')}); say with run(…, { lake }) which one keeps the checkpoints`,
    { code: 'SBX_NO_LAKE' },
  )
}
