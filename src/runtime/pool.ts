import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker, type ResourceLimits } from 'node:worker_threads'
import { dropBuffer, giveBuffer } from '../core/bufferPool.ts'
import { SluiceboxError } from '../core/errors.ts'
import type { MemoryShares } from './memory/memoryShares.ts'
import { errorFromWire, type WireError } from './wireError.ts'
import type { Gated } from './chain/openChain.ts'
import type { PreparedChain } from './chain/prepareWriters.ts'
import { joinPrepared, type Runner, type Runners, type Writing } from './runner.ts'
import type { SourceBatch } from '../core/unit.ts'

/** How a worker thread rebuilds the topology: closures can't travel, a module and an export's name can. */
export interface PoolOptions {
  /** URL of the module. */
  readonly module: string
  /** Name of the export that builds the topology. */
  readonly exportName: string
  /** Structured-clone data. */
  readonly settings: unknown
  readonly threads: number
  /** What all writers of all threads may hold together, bytes. */
  readonly memoryBytes: number
  /** How the process's memory is shared out, where it is bounded. */
  readonly memory?: MemoryShares | undefined
}

/** What a worker is asked, by message. */
export type Request =
  | {
      readonly do: 'open'
      readonly runner: number
      readonly source: string
      readonly writing: Writing
      readonly sharers: number
    }
  | {
      readonly do: 'begin'
      readonly runner: number
      readonly seq: number
      readonly batch: SourceBatch
      /** Whether the buffer of the batch's bytes is to come back when it is free. */
      readonly lent: boolean
    }
  | {
      readonly do: 'resume'
      readonly runner: number
      readonly seq: number
      readonly gate: string
      readonly fates: Uint8Array
    }
  | { readonly do: 'prepare'; readonly runner: number; readonly next: Writing }
  /** Overtakes what waits: tells writers that the task is to end. */
  | { readonly do: 'hurry'; readonly runner: number }
  | { readonly do: 'close'; readonly runner: number }

/** What it answers. `call` is the number of the request. */
export type Answer =
  | {
      readonly call: number
      readonly result: unknown
      /** The buffer of a batch that is done. */
      readonly free?: ArrayBuffer | undefined
    }
  | { readonly call: number; readonly error: WireError }

interface Thread {
  /** Batches that it has begun or been sent and not finished. */
  load: number
  /** Begins it, if it has not begun: what it was asked before waits for that. */
  start(): void
  ask<T>(request: Request, transfer?: ArrayBuffer[]): Promise<T>
  end(): Promise<void>
}

/**
 * A pool of worker threads that run the stateless stages of all tasks of a process. A batch goes to the
 * thread with the least to do and stays there; only keys and decisions travel.
 */
export function poolRunners(options: PoolOptions): Runners {
  const threads = Array.from({ length: options.threads }, (_, index) => poolThread(options, index))
  // This thread has its own modules to load meanwhile, and needs a core for that.
  for (const thread of threads.slice(0, Math.max(1, availableParallelism() - 1))) thread.start()
  let runners = 0

  return {
    startThreads() {
      for (const thread of threads) thread.start()
    },
    // Two for every thread and one that is read, of all tasks together, but a task keeps one read ahead.
    depth: (sharers) => Math.max(2, Math.ceil((options.threads * 2 + 1) / sharers)),
    async open(source, writing, sharers, ending) {
      const runner = runners++
      const opening = threads.map(async (thread) => {
        await thread.ask({ do: 'open', runner, source, writing, sharers })
        return thread
      })
      // Whoever waits for all of them hears of it.
      for (const one of opening) one.catch(() => {})
      return poolRunner(await opening[0]!, opening, runner, ending)
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

/** @param opening - all threads, each when it is open; `first` is */
function poolRunner(
  first: Thread,
  opening: readonly Promise<Thread>[],
  runner: number,
  ending: AbortSignal,
): Runner {
  /** Those that are open, by number. */
  const opened: (Thread | undefined)[] = [first]
  for (const [at, one] of opening.entries()) {
    one.then((thread) => (opened[at] = thread)).catch(() => {})
  }
  const home = new Map<number, Thread>()
  /** What batches wait for. */
  const undecided = new Map<number, readonly Gated[]>()
  const hurry = (): void => {
    // One that is gone says so to whoever asks it for more.
    for (const one of opening) {
      one.then((thread) => thread.ask({ do: 'hurry', runner })).catch(() => {})
    }
  }
  if (ending.aborted) hurry()
  else ending.addEventListener('abort', hurry, { once: true })
  const settle = (seq: number, thread: Thread, gated: readonly Gated[]): readonly Gated[] => {
    if (gated.length > 0) undecided.set(seq, gated)
    else {
      thread.load--
      home.delete(seq)
    }
    return gated
  }
  return {
    // Threads give them back.
    freesBatches: false,
    async begin(seq, batch) {
      const thread = opened.reduce((least, other) =>
        other !== undefined && other.load < least!.load ? other : least,
      )!
      thread.load++
      home.set(seq, thread)
      const moved = ownBuffer(batch)
      const request = { do: 'begin' as const, runner, seq, batch, lent: moved.length > 0 }
      return settle(seq, thread, await thread.ask(request, moved))
    },
    async resume(seq, gate, fates) {
      const thread = home.get(seq)!
      for (const { keys } of undecided.get(seq) ?? []) {
        dropBuffer(keys.fingerprints.buffer)
        dropBuffer(keys.eventTimesMs.buffer)
      }
      undecided.delete(seq)
      return settle(seq, thread, await thread.ask({ do: 'resume', runner, seq, gate, fates }))
    },
    async prepare(next) {
      const request = { do: 'prepare' as const, runner, next }
      // Those that are open are asked before the next batch can be.
      const shares = opening.map(async (one, at) =>
        (opened[at] ?? (await one)).ask<PreparedChain>(request),
      )
      return joinPrepared(await Promise.all(shares))
    },
    async close() {
      ending.removeEventListener('abort', hurry)
      for (const thread of home.values()) thread.load--
      home.clear()
      // One that is gone has nothing left to close.
      const closing = opening.map(async (one) => (await one).ask({ do: 'close', runner }))
      await Promise.allSettled(closing)
    },
  }
}

/** The buffer of the bytes, where it is only theirs. */
function ownBuffer({ bytes, owned }: SourceBatch): ArrayBuffer[] {
  const buffer = bytes?.buffer
  if (!(buffer instanceof ArrayBuffer)) return []
  return owned === true || bytes!.byteLength === buffer.byteLength ? [buffer] : []
}

function poolThread(options: PoolOptions, index: number): Thread {
  let worker: Worker | undefined
  /** Sent to it once it has begun. */
  const held: { readonly message: object; readonly transfer: ArrayBuffer[] }[] = []
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let calls = 0
  let isEnding = false
  let dead: Error | undefined
  const died = (why: string, cause?: Error): void => {
    dead ??= new SluiceboxError(
      `worker thread ${index} ended: ${why}. Nothing was lost, a run goes on from the last commit; look for a function that throws outside of its call, ends the process or needs more memory than there is`,
      { code: 'SBX_THREAD_ENDED', cause },
    )
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
  }
  const onAnswer = (answer: Answer): void => {
    const call = waiting.get(answer.call)
    waiting.delete(answer.call)
    // Whoever waits for its end must not be left alone.
    if (waiting.size === 0 && !isEnding) worker?.unref()
    if ('error' in answer) call?.reject(errorFromWire(answer.error))
    else {
      if (answer.free !== undefined) giveBuffer(Buffer.from(answer.free))
      call?.resolve(answer.result)
    }
  }
  return {
    load: 0,
    start() {
      if (worker !== undefined || isEnding) return
      worker = new Worker(ENTRY, {
        workerData: { ...options, index },
        resourceLimits: heapLimits(options.memory),
        name: `sluicebox-${index}`,
        // Topologies ask whether they are the module that Node was started with.
        argv: [fileURLToPath(WORKER)],
      })
      worker.on('message', onAnswer)
      worker.on('error', (error: Error) => died(error.message, error))
      worker.on('exit', (code) => died(`code ${code}`))
      if (held.length === 0) worker.unref()
      for (const { message, transfer } of held.splice(0)) worker.postMessage(message, transfer)
    },
    async end() {
      isEnding = true
      if (worker === undefined) died('it had not begun')
      await worker?.terminate()
    },
    ask(request, transfer = []) {
      if (dead !== undefined) return Promise.reject(dead)
      const call = calls++
      return new Promise((resolve, reject) => {
        // Throws on what can't be copied: then nobody answers.
        if (worker === undefined) held.push({ message: { call, request }, transfer })
        else worker.postMessage({ call, request }, transfer)
        waiting.set(call, { resolve: resolve, reject })
        worker?.ref()
      })
    },
  }
}

/**
 * Three semi-spaces of 8 MB. By default V8 lets each grow to 64 MB on machines with much memory, which spares
 * no time here: the records of a batch die with it.
 */
const YOUNG_GENERATION_MB = 24

const LEAST_OLD_GENERATION_MB = 128

/**
 * The old generation takes some 30 MB. Its limit is far above that, since a thread that reaches it is ended: a
 * record of 16 MB may make many objects. But it is a limit that V8 knows, and collects garbage the earlier for.
 */
function heapLimits(memory: MemoryShares | undefined): ResourceLimits {
  const young = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB }
  if (memory === undefined) return young
  const half = Math.floor(memory.memoryBytes / 2 ** 21)
  return { ...young, maxOldGenerationSizeMb: Math.max(LEAST_OLD_GENERATION_MB, half) }
}

/** The same file name as this one's: `.ts` in the repository, `.js` in the package. */
const WORKER = new URL(
  `./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)

/**
 * What a thread begins with. Every thread compiles the same modules, and so does the next run: Node keeps the outcome in
 * its folder for that (`NODE_COMPILE_CACHE`, else below the temporary one). It has to be told before the first of
 * them: then no thread needs what takes the types out of TypeScript, which takes a while to load.
 */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { enableCompileCache } from 'node:module'
    enableCompileCache()
    await import(${JSON.stringify(WORKER)})
  `)}`,
)
