import type { Topology } from '../../core/topology.ts'
import type { Upkeep } from '../../core/upkeep.ts'
import type { ObjectStore } from '../../lake/objectStore.ts'
import { holdTask } from '../holdTask.ts'
import type { Resolved } from '../options.ts'
import { breather } from './breather.ts'
import { readFileClaims } from './fileClaims.ts'

export interface UpkeepOptions extends Resolved {
  readonly topology: Topology
  /** Where the checkpoints are. */
  readonly store: ObjectStore
  readonly runId: string
}

/** The care for all sinks of a topology. */
export interface RunUpkeep {
  /** Ends what other processes left half done. */
  finish(): Promise<void>
  /**
   * Streaming: takes step after step until the run is to stop, in one process of all that run the topology.
   * Never rejects: what failed is logged, and tried again later.
   */
  run(stopping: AbortSignal, signal: AbortSignal): Promise<void>
}

/** The lease under which steps are taken; no node has such a name. */
const TASK = '_upkeep'
/** Between two rounds in which there was nothing to do; after one that failed. */
const IDLE_MS = 10_000
const FAILED_MS = 60_000
/** So many times as long as a step worked, nothing is done between its parts and after it. */
const REST = 3

/** Opens the upkeep of every sink that has one. */
export async function openUpkeep(options: UpkeepOptions): Promise<RunUpkeep> {
  const { topology, store, clock, logger, mode, runId } = options
  const giveUp = new AbortController()
  const breathe = breather(clock, REST, giveUp.signal)
  const sinks: { readonly node: string; readonly upkeep: Upkeep }[] = []
  for (const node of topology.nodes) {
    if (node.kind !== 'sink' || node.unit.openUpkeep === undefined) continue
    const context = { node: node.name, topology: topology.name, clock, logger }
    const claims = () => readFileClaims(store)
    const upkeep = await node.unit.openUpkeep({
      ...context,
      claims,
      breathe,
      signal: giveUp.signal,
    })
    sinks.push({ node: node.name, upkeep })
  }

  /** One step of every sink; says how long to rest then. */
  const round = async (signal: AbortSignal): Promise<number> => {
    let restMs = IDLE_MS
    for (const { node, upkeep } of sinks) {
      try {
        if (await upkeep.step()) restMs = 0
        await breathe()
      } catch (error) {
        if (signal.aborted) return 0
        logger.warn('upkeep_failed', { node, error: String(error) })
        restMs = Math.max(restMs, FAILED_MS)
      }
    }
    return restMs
  }

  const rounds = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const restMs = await round(signal)
      if (restMs > 0) await clock.sleep(restMs, signal)
    }
  }

  return {
    async finish() {
      for (const { upkeep } of sinks) await upkeep.finish()
    },
    async run(stopping, signal) {
      if (mode !== 'streaming' || !options.upkeep || sinks.length === 0) return
      const ending = AbortSignal.any([stopping, signal])
      ending.addEventListener('abort', () => giveUp.abort(), { once: true })
      const by = { topology: topology.name, runId, clock, logger, patience: 'any' } as const
      const lease = { store, ...by, stopping, signal }
      const held = new Set<string>()
      const work = (lost: AbortSignal): Promise<void> => rounds(AbortSignal.any([ending, lost]))
      while (!ending.aborted) {
        await holdTask({ ...lease, held }, TASK, work).catch(async (error: unknown) => {
          if (ending.aborted) return
          logger.warn('upkeep_failed', { error: String(error) })
          await clock.sleep(FAILED_MS, ending)
        })
      }
    },
  }
}
