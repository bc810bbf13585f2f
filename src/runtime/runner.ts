import type { Clock } from '../core/clock.ts'
import type { Topology } from '../core/topology.ts'
import type { SourceBatch, WriterContext } from '../core/unit.ts'
import { openChain, type Gated, type OpenChain } from './chain/openChain.ts'
import type { PreparedChain } from './chain/prepareWriters.ts'
import type { Ledger } from './ledger.ts'
import { addToLedger } from './ledger.ts'
import { planTopology } from './plan.ts'

/** Under which names a task's files are written. Plain JSON: it travels to worker threads. */
export interface Writing {
  readonly task: string
  readonly runId: string
  readonly epoch: number
  readonly attempt: string
}

/**
 * Runs the chain of one task on one or more threads. Batches are numbered; each is finished on the thread
 * that began it, so records never travel.
 */
export interface Runner {
  /** Whether the buffer of a batch's bytes is free once all of the batch is done. */
  readonly freesBatches: boolean
  begin(seq: number, batch: SourceBatch): Promise<readonly Gated[]>
  resume(seq: number, gate: string, fates: Uint8Array): Promise<readonly Gated[]>
  /**
   * At a barrier, when every batch before it is done; what follows is written for `next`, and may be begun while
   * this is under way. Not called again before it is done.
   */
  prepare(next: Writing): Promise<PreparedChain>
  close(): Promise<void>
}

/** Opens runners: inline on this thread, or on a pool that all tasks of a process share. */
export interface Runners {
  /** The thread that calls has loaded its modules: the others may begin. */
  startThreads(): void
  /** How many batches may be under way in one task that shares the threads with as many others. */
  depth(sharers: number): number
  /**
   * @param sharers - how many tasks of that source share its writers' memory
   * @param ending - aborted when the task is to end: writers are told at once, whatever they wait for
   */
  open(source: string, writing: Writing, sharers: number, ending: AbortSignal): Promise<Runner>
  close(): Promise<void>
}

/** One task's chain on the thread that calls: the inline runner, and what each worker thread runs. */
export async function localRunner(
  opened: OpenChain,
  context: Omit<WriterContext, 'node' | 'task' | 'runId' | 'epoch' | 'attempt'>,
  start: Writing,
): Promise<Runner> {
  let writing = start
  const { task, runId } = start
  const names = { task, runId, epoch: () => writing.epoch, attempt: () => writing.attempt }
  const chain = await opened.forTask((node) => ({ ...context, ...names, node }))
  /** Until then nothing may be begun. */
  let cut: Promise<unknown> | undefined
  let preparing: Promise<PreparedChain> | undefined
  return {
    freesBatches: chain.readsInPlace,
    async begin(seq, batch) {
      if (cut !== undefined) await cut
      const gated = chain.begin(seq, batch)
      await chain.relieve()
      return gated
    },
    async resume(seq, gate, fates) {
      const gated = chain.resume(seq, gate, fates)
      await chain.relieve()
      return gated
    },
    prepare(next) {
      const { cut: isCut, done } = chain.prepare()
      cut = isCut.then(() => {
        writing = next
        cut = undefined
      })
      // Whoever waits for all of it hears of it.
      cut.catch(() => {})
      return (preparing = done)
    },
    async close() {
      await preparing?.catch(() => {})
      await chain.close()
    },
  }
}

/** Runs every task on the calling thread. */
export function inlineRunners(topology: Topology, clock: Clock, memoryBytes: number): Runners {
  const { flows } = planTopology(topology)
  const chains = new Map(flows.map((plan) => [plan.source, openChain(plan, clock)]))
  return {
    startThreads() {},
    depth: () => 1,
    async open(source, writing, sharers, signal) {
      const share = memoryBytes / flows.length / sharers
      const context = { topology: topology.name, clock, writer: 0, memoryBytes: share, signal }
      return localRunner(chains.get(source)!, context, writing)
    },
    async close() {},
  }
}

/** The threads' shares of an epoch as one. */
export function joinPrepared(shares: readonly PreparedChain[]): PreparedChain {
  const files: Record<string, PreparedChain['files'][string]> = {}
  const ledger: Ledger = {}
  for (const share of shares) {
    addToLedger(ledger, share.ledger)
    for (const [sink, more] of Object.entries(share.files)) {
      files[sink] = [...(files[sink] ?? []), ...more]
    }
  }
  return { files, ledger }
}
