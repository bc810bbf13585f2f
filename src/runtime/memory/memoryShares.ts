import { availableParallelism } from 'node:os'
import { ConfigError } from '../../core/errors.ts'
import { parseMemory } from './parseMemory.ts'

export interface MemoryOptions {
  /** What the process may take in all: bytes, or text such as `512MB` or `1GiB`. */
  readonly memory: number | string
  /** Worker threads; 0: everything runs on the calling one. @defaultValue as many as cores, or as fit in */
  readonly parallelism?: number | undefined
  /** @defaultValue 'micro-batch' */
  readonly mode?: 'micro-batch' | 'streaming' | undefined
  /** Whether models are built: in streaming mode that goes on beside everything else. @defaultValue false */
  readonly models?: boolean | undefined
}

/** How a process's memory is shared out, in bytes. */
export interface MemoryShares {
  /** The whole. */
  readonly memoryBytes: number
  readonly threads: number
  /** Node, its code, and the heap of the main thread. */
  readonly processBytes: number
  /** The heaps of all worker threads, with their stacks and code. */
  readonly threadsBytes: number
  /** What was read and is not done: beyond it, sources wait. */
  readonly underWayBytes: number
  /** What sources fetch ahead: beyond it, they ask for no more. */
  readonly queuedBytes: number
  /** What stateful operators remember: beyond it, keys go to disk. */
  readonly stateBytes: number
  /** Columns of files that are not written yet: beyond it, they are. */
  readonly writersBytes: number
  /** Buffers that all threads keep for later. */
  readonly buffersBytes: number
  /** DuckDB's `memory_limit`: beyond it, it spills. */
  readonly databaseBytes: number
}

const MIB = 2 ** 20
/** Measured: 58 MiB of Node's own code, the rest is the main thread's heap, code and stacks. */
const PROCESS = 128 * MIB
/** A young generation of 3 × 8 MiB, twice that of an old one, and what the allocator keeps for it. */
const THREAD = 64 * MIB
/** DuckDB's code, and what it allocates without counting. With 176 MiB three builds took 456 to 491 of 488 MiB. */
const DATABASE = 192 * MIB
/** Of each byte for DuckDB so much is its limit: it does not count everything. */
const COUNTED = 0.8
/** With less it can't sort and join any more what a platform's posts are in a day. */
const LEAST_DATABASE = 128 * MIB
/** With less a batch of each thread and its columns have no room. */
const LEAST_REST = 112 * MIB
/** In streaming mode models take this part of what both could use. */
const MODELS_PART = 0.6

/** How what is left is shared out. */
const PARTS = { underWay: 0.15, queued: 0.05, state: 0.4, writers: 0.3, buffers: 0.1 } as const

/**
 * Shares a process's memory out. `M` is the whole, `n` the number of worker threads:
 *
 * | share | bytes |
 * |---|---|
 * | Node and the main thread's heap | 128 MiB |
 * | worker threads' heaps | n × 64 MiB |
 * | the rest, `R` | M − 128 MiB − n × 64 MiB |
 * | … windows: beyond it, keys go to disk | 40 % of R |
 * | … column buffers of writers: beyond it, they are written out early | 30 % of R |
 * | … batches under way: beyond it, sources wait | 15 % of R |
 * | … buffers kept for later | 10 % of R |
 * | … what Kafka's answers may fill ahead | 5 % of R |
 * | DuckDB's `memory_limit`: beyond it, it spills | 80 % of M − 128 MiB − 192 MiB |
 *
 * DuckDB builds models when a micro-batch has read everything and its worker threads have ended. In streaming
 * mode both go on together: then models take 60 % of what is left for both, and R is the other 40 %.
 *
 * @throws ConfigError `SBX_OPTION` for what is no size, or less than the least, which the text explains
 * @example
 * ```ts
 * const { stateBytes } = memoryShares({ memory: '512MB', parallelism: 2 })
 * console.log(`${Math.floor(stateBytes / 24)} keys fit into memory`)
 * ```
 */
export function memoryShares(options: MemoryOptions): MemoryShares {
  const { mode = 'micro-batch', models = false } = options
  const memoryBytes = parseMemory(options.memory)
  const isBeside = models && mode === 'streaming'
  const beside = isBeside ? DATABASE + LEAST_DATABASE / COUNTED : 0
  const least = (threads: number): number => {
    const running = PROCESS + threads * THREAD + LEAST_REST + beside
    return models ? Math.max(running, PROCESS + DATABASE + LEAST_DATABASE / COUNTED) : running
  }
  const fitting = Math.floor((memoryBytes - least(0)) / THREAD)
  const threads = options.parallelism ?? Math.max(1, Math.min(availableParallelism(), fitting))
  if (memoryBytes < least(threads)) throw tooLittle(options, memoryBytes, threads, least)

  const threadsBytes = threads * THREAD
  const left = memoryBytes - PROCESS - threadsBytes
  const forModels = isBeside
    ? Math.max(LEAST_DATABASE / COUNTED, (left - DATABASE) * MODELS_PART)
    : Math.max(LEAST_REST, memoryBytes - PROCESS - DATABASE)
  const rest = isBeside ? left - DATABASE - forModels : left
  return Object.freeze({
    ...{ memoryBytes, threads, processBytes: PROCESS, threadsBytes },
    underWayBytes: Math.floor(rest * PARTS.underWay),
    queuedBytes: Math.floor(rest * PARTS.queued),
    stateBytes: Math.floor(rest * PARTS.state),
    writersBytes: Math.floor(rest * PARTS.writers),
    buffersBytes: Math.floor(rest * PARTS.buffers),
    databaseBytes: Math.floor(forModels * COUNTED),
  })
}

function tooLittle(
  { memory, models, mode, parallelism }: MemoryOptions,
  memoryBytes: number,
  threads: number,
  least: (threads: number) => number,
): ConfigError {
  const mib = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`
  const parts = [
    `${mib(PROCESS)} for Node`,
    ...(threads > 0 ? [`${mib(THREAD)} for each of ${threads} worker threads`] : []),
    `${mib(LEAST_REST)} for what is read, remembered and written`,
  ]
  const built = mode === 'streaming' ? 'beside that' : 'when the threads have ended'
  if (models === true) {
    parts.push(`${mib(DATABASE + LEAST_DATABASE / COUNTED)} for DuckDB ${built}`)
  }
  const fewer =
    parallelism !== undefined && parallelism > 1 && least(1) < least(threads)
      ? `; with parallelism 1 it is ${mib(least(1))}`
      : ''
  return new ConfigError(
    `memory is ${memory} (${mib(memoryBytes)}), the least that works is ${mib(least(threads))}: ${parts.join(', ')}${fewer}`,
    { code: 'SBX_OPTION' },
  )
}
