import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { keepBuffers } from '../core/bufferPool.ts'
import { ConfigError } from '../core/errors.ts'
import type { Topology } from '../core/topology.ts'
import { openChain, type Gated, type OpenChain } from './chain/openChain.ts'
import { planTopology } from './plan.ts'
import type { PoolOptions, Request } from './pool.ts'
import { localRunner, type Runner } from './runner.ts'
import { systemClock } from './systemClock.ts'
import { errorToWire } from './wireError.ts'

// What a worker thread does: builds the same topology and runs its share of every task's chain.

const options = workerData as PoolOptions & { readonly index: number }
const port = parentPort!
const { memory } = options
keepBuffers(memory && memory.buffersBytes / (memory.threads + 1))
const runners = new Map<number, Runner>()
/** By source. */
const chains = new Map<string, OpenChain>()
/** Aborted when a task is to end. */
const endings = new Map<number, AbortController>()
const topology = importTopology()
// Nobody may be waiting yet; the first request reports it.
topology.catch(() => {})

/** Requests of one task run one after the other: a barrier must not overtake a batch. */
const queues = new Map<number, Promise<void>>()

port.on('message', ({ call, request }: { call: number; request: Request }) => {
  if (request.do === 'hurry') {
    endings.get(request.runner)?.abort()
    port.postMessage({ call, result: undefined })
    return
  }
  if (request.do === 'open') endings.set(request.runner, new AbortController())
  const before = queues.get(request.runner) ?? Promise.resolve()
  const after = before.then(() => {
    const answered = respond(call, request)
    // What follows belongs to the next epoch, and need not wait for the disk.
    return request.do === 'prepare' ? undefined : answered
  })
  queues.set(request.runner, after)
})

async function respond(call: number, request: Exclude<Request, { do: 'hurry' }>): Promise<void> {
  try {
    const result = await answer(request)
    const free = freedBy(request, result)
    port.postMessage({ call, result, free }, free === undefined ? moved(result) : [free])
  } catch (error) {
    port.postMessage({ call, error: errorToWire(error) })
  }
}

/** Buffers of batches that are under way, by runner and number. */
const lent = new Map<number, Map<number, ArrayBuffer>>()

/** The buffer that is free with this answer: of a batch that is done, where the chain kept nothing of it. */
function freedBy(request: Request, result: unknown): ArrayBuffer | undefined {
  if (request.do !== 'begin' && request.do !== 'resume') return undefined
  const { runner, seq } = request
  if (request.do === 'begin' && request.lent && runners.get(runner)!.freesBatches) {
    if (!lent.has(runner)) lent.set(runner, new Map())
    lent.get(runner)!.set(seq, request.batch.bytes!.buffer as ArrayBuffer)
  }
  if ((result as readonly Gated[]).length > 0) return undefined
  const buffer = lent.get(runner)?.get(seq)
  lent.get(runner)?.delete(seq)
  return buffer
}

async function answer(request: Exclude<Request, { do: 'hurry' }>): Promise<unknown> {
  if (request.do === 'open') {
    const built = await topology
    const { flows } = planTopology(built)
    const plan = flows.find((flow) => flow.source === request.source)!
    if (!chains.has(plan.source)) chains.set(plan.source, openChain(plan, systemClock))
    const context = {
      ...{ topology: built.name, clock: systemClock, writer: options.index },
      memoryBytes: options.memoryBytes / options.threads / flows.length / request.sharers,
      signal: endings.get(request.runner)!.signal,
    }
    const chain = chains.get(plan.source)!
    runners.set(request.runner, await localRunner(chain, context, request.writing))
    return undefined
  }
  const runner = runners.get(request.runner)!
  switch (request.do) {
    case 'begin':
      return (await runner.begin(request.seq, request.batch)).map(compact)
    case 'resume':
      return (await runner.resume(request.seq, request.gate, request.fates)).map(compact)
    case 'prepare':
      return runner.prepare(request.next)
    case 'close':
      runners.delete(request.runner)
      queues.delete(request.runner)
      lent.delete(request.runner)
      endings.delete(request.runner)
      return runner.close()
  }
}

/** The buffers of keys, which go to the thread that decides. */
const moved = (result: unknown): ArrayBuffer[] =>
  Array.isArray(result)
    ? (result as readonly Gated[]).flatMap(({ keys }) => [
        keys.fingerprints.buffer as ArrayBuffer,
        keys.eventTimesMs.buffer as ArrayBuffer,
      ])
    : []

/** In buffers of their own: those that records wait in stay here. */
const compact = ({ gate, keys }: Gated): Gated => ({
  gate,
  keys: {
    ...keys,
    fingerprints: keys.fingerprints.slice(),
    eventTimesMs: keys.eventTimesMs.slice(),
  },
})

async function importTopology(): Promise<Topology> {
  const module = (await import(options.module)) as Record<string, unknown>
  const build = module[options.exportName]
  if (typeof build !== 'function') {
    throw new ConfigError(
      `the module has no export named '${options.exportName}'; a topology that runs on worker threads must be a named export`,
      { code: 'SBX_NO_EXPORT' },
    )
  }
  // A thread that is ended has no time for it.
  flushCompileCache()
  return (build as (settings: unknown) => Topology)(options.settings)
}
