import type { Clock } from '../core/clock.ts'
import { GateError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { BuildReport, ModelsBuilder } from '../core/models.ts'
import type { ModelsNode } from '../core/topology.ts'
import type { Logger } from '../core/unit.ts'
import type { Writing } from './runner.ts'
import type { Produced, TaskBody } from './taskBody.ts'

export interface ModelsBodyOptions {
  readonly node: ModelsNode
  readonly builder: ModelsBuilder
  readonly clock: Clock
  readonly logger: Logger
  readonly mode: 'micro-batch' | 'streaming'
  /** In streaming mode models are rebuilt at most this often, ms. */
  readonly intervalMs: number
  /** Resolves when the tables that are read will not change any more in this run. */
  readonly inputsDone: Promise<void>
  readonly signal: AbortSignal
  onBuild(report: BuildReport): void
}

/** How often a waiting task looks whether its inputs are done, ms. */
const LOOK_MS = 200

/** The task of one project of models: an epoch is one build, made when what it reads has changed. */
export function modelsBody(options: ModelsBodyOptions): TaskBody {
  const { node, builder, clock, mode } = options
  let writing: Writing | undefined
  let built: Json = null
  let state: Json = null
  let lastStartMs = -Infinity
  let done = false
  /** Why the newest inputs were not published: a run that ends so has failed. */
  let blocked: GateError | undefined
  /** The attempt that runs: another one begins when nothing of it is under way any more. */
  let life = new AbortController()
  let busy: Promise<unknown> = Promise.resolve()
  options.inputsDone.then(
    () => (done = true),
    () => (done = true),
  )

  /** Until it is time to look again: at once after the inputs' end, else by the interval. */
  const wait = async (signal: AbortSignal): Promise<void> => {
    while (!done && !signal.aborted) {
      if (mode === 'streaming' && clock.now() - lastStartMs >= options.intervalMs) return
      await clock.sleep(LOOK_MS, signal)
    }
  }
  const build = async (inputs: Json): Promise<Produced> => {
    const { epoch, attempt, task } = writing!
    const result = await builder.prepare({ inputs, epoch, attempt, task, state })
    writing = { ...writing!, epoch: epoch + 1 }
    built = inputs
    blocked = undefined
    state = result.state
    options.onBuild(result.report)
    return {
      epoch,
      positions: { inline: inputs, objects: [] },
      state: { [node.name]: { inline: state, objects: [] } },
      prepared: { [node.name]: result.files },
      ledger: {},
    }
  }
  const next = async (signal: AbortSignal): Promise<Produced | undefined> => {
    for (;;) {
      await wait(signal)
      if (signal.aborted) return undefined
      const last = done
      lastStartMs = clock.now()
      const inputs = await builder.inputs()
      if (!sameJson(inputs, built)) {
        try {
          return await build(inputs)
        } catch (error) {
          if (!(error instanceof GateError) || last) throw error
          options.logger.error('gate_blocked', { task: node.name, error: error.message })
          built = inputs
          blocked = error
        }
      }
      if (!last) continue
      if (blocked !== undefined) throw blocked
      return undefined
    }
  }
  return {
    task: node.name,
    nodes: [],
    identity: { source: { node: node.name, kind: node.unit.type }, operators: {} },
    sinks: [node.name],
    async start(from, first) {
      life = new AbortController()
      writing = first
      built = from.positions?.inline ?? null
      // Another process may have built and published since.
      blocked = undefined
      state = from.state[node.name]?.inline ?? null
    },
    next() {
      const produced = next(AbortSignal.any([options.signal, life.signal]))
      busy = produced.catch(() => {})
      return produced
    },
    publish: (commit) => builder.publish(commit),
    discard: (_sink, files) => builder.discard(files),
    clean: (isDead) => builder.clean(node.name, isDead),
    claimed: () => builder.promote(),
    async stop() {
      life.abort()
      await busy
      return []
    },
  }
}

/** Equal whatever the order of keys. */
function sameJson(a: Json, b: Json): boolean {
  const sorted = (value: Json): string =>
    JSON.stringify(value, (_key, item: Json) =>
      item !== null && typeof item === 'object' && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([x], [y]) => (x < y ? -1 : 1)))
        : item,
    )
  return sorted(a) === sorted(b)
}
