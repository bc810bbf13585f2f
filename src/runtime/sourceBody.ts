import type { Clock } from '../core/clock.ts'
import { CheckpointError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type {
  BatchWriter,
  Logger,
  Publisher,
  Selector,
  SelectingOperator,
  SourceBatch,
  SourceContext,
  SourceRange,
  SourceReader,
  StoredState,
  WriterContext,
} from '../core/unit.ts'
import { epochStream } from './epochStream.ts'
import type { RunMemory } from './memory/runMemory.ts'
import type { Plan } from './plan.ts'
import { openingRunner } from './openingRunner.ts'
import type { Runners, Writing } from './runner.ts'
import type { KeptState, TaskIdentity } from './checkpoint.ts'
import type { Produced, ResumePoint, TaskBody } from './taskBody.ts'

export interface SourceBodyOptions {
  readonly topology: string
  /** The task's name: the source's, or for one partition of it that with its number. */
  readonly task: string
  readonly plan: Plan
  /** Opens the source, or the task's partition of it. */
  open(context: SourceContext): Promise<SourceReader>
  /** What identifies that source to the checkpoints. */
  readonly sourceIdentity: JsonObject
  /** How many tasks of this source share its writers' memory in this process. */
  readonly sharers: number
  readonly clock: Clock
  readonly logger: Logger
  readonly runners: Runners
  /** One publisher a sink node, shared by all tasks of the process. */
  readonly publishers: ReadonlyMap<string, Publisher>
  readonly memory: RunMemory
  readonly mode: 'micro-batch' | 'streaming'
  readonly epochMs: number
  readonly epochBytes: number
  readonly batchBytes: number
  readonly memoryBytes: number
  readonly stopping: AbortSignal
  readonly signal: AbortSignal
  readObject(name: string, node: string): Promise<Uint8Array>
  writeObject(name: string, bytes: Uint8Array): Promise<void>
  onRead(batch: SourceBatch): void
}

/** The task of one source: reads, runs the chain, prepares epochs. */
export function sourceBody(options: SourceBodyOptions): TaskBody {
  const { plan, publishers, clock } = options
  const gates = plan.nodes.filter((node) => node.kind === 'operator' && node.unit.state === 'keyed')
  let running: Running | undefined
  /** A start that is under way: what it opens is closed by whoever stops meanwhile. */
  let starting: Promise<Running> | undefined

  const stop = async (): Promise<readonly Produced[]> => {
    await starting?.catch(() => {})
    const ended = running
    running = undefined
    let untaken: readonly Produced[] = []
    try {
      await ended?.close()
    } finally {
      // Also where that fails nothing is written any more when somebody hears of it.
      untaken = (await ended?.untaken()) ?? []
    }
    return untaken
  }
  return {
    task: options.task,
    nodes: [plan.source, ...plan.nodes, ...plan.batchSinks].map((node) =>
      typeof node === 'string' ? node : node.name,
    ),
    identity: identityOf(plan, options.sourceIdentity),
    sinks: plan.sinks.map((sink) => sink.name),
    async start(from, writing) {
      const names = gates.map((gate) => gate.name)
      starting = stop().then(() => startRunning(options, names, from, writing))
      try {
        running = await starting
      } finally {
        starting = undefined
      }
    },
    next: () => running!.next(),
    publish: async (commit) => publishers.get(commit.node)!.publish(commit),
    async restage(commit) {
      const { unit } = plan.sourceNode
      const reread =
        unit.reread &&
        ((range: SourceRange) => unit.reread!(range, { ...options, node: plan.source }))
      const restaged = await publishers.get(commit.node)!.restage?.(commit, reread)
      if (restaged === undefined || 'lost' in restaged) return restaged ?? { files: commit.files }
      const { task, node, epoch, files } = commit
      const renewed = restaged.files.filter(({ staged }, at) => staged !== files[at]?.staged).length
      options.logger.warn('restaged', { task, node, epoch, files: renewed })
      return restaged
    },
    discard: async (sink, files) => publishers.get(sink)!.discard(files),
    async clean(isDead) {
      let removed = 0
      for (const sink of plan.sinks)
        removed += await publishers.get(sink.name)!.clean(options.task, isDead)
      if (removed > 0) {
        options.logger.info('cleaned', { task: options.task, files: removed, at: clock.now() })
      }
      return removed
    },
    async claimed() {},
    stop,
  }
}

interface Running {
  next(): Promise<Produced | undefined>
  close(): Promise<void>
  /** Once it is closed. */
  untaken(): Promise<readonly Produced[]>
}

async function startRunning(
  options: SourceBodyOptions,
  gates: readonly string[],
  from: ResumePoint,
  writing: Writing,
): Promise<Running> {
  const { plan, clock, logger } = options
  const ended = new AbortController()
  const ending = AbortSignal.any([options.signal, options.stopping, ended.signal])
  const opened: { close(): Promise<void> }[] = []
  const close = async (): Promise<void> => {
    ended.abort()
    const failures: unknown[] = []
    for (const unit of opened.splice(0).reverse()) {
      await unit.close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
  let current = writing
  let isReading = false
  try {
    const selectors = new Map<string, Selector>()
    opened.push({
      close: async () => {
        for (const selector of selectors.values()) selector.close?.()
      },
    })
    await openSelectors(options, gates, from, selectors)
    const reader = await options.open({
      node: plan.source,
      clock,
      logger,
      // Whoever waits for a file to settle stops waiting when the run, or this attempt, is to end.
      signal: ending,
      mode: options.mode,
      batchBytes: options.batchBytes,
      restored: stored(options, plan.source, from.positions),
    })
    opened.push(reader)
    const { sharers } = options
    const opening = options.runners.open(plan.source, writing, sharers, ending)
    const runner = openingRunner(opening)
    opened.push(runner)
    const batchWriters = new Map<string, BatchWriter>()
    for (const { name, unit } of plan.batchSinks) {
      const context = batchWriterContext(options, name, writing, ending, () => current)
      const writer = await unit.openBatchWriter!(context)
      opened.push(writer)
      batchWriters.set(name, writer)
    }
    const stream = epochStream({
      ...options,
      reader,
      runner,
      batchWriters,
      selectors,
      writing,
      position: from.positions?.inline ?? null,
      depth: options.runners.depth(options.sharers),
      bytes: options.memory.underWay.open(),
      onRead(batch) {
        if (!isReading) logger.info('reading', { task: options.task, source: batch.source })
        isReading = true
        options.onRead(batch)
      },
      onNextEpoch: (next) => {
        current = next
      },
      onCaughtUp: () => logger.info('caught_up', { task: options.task }),
    })
    opened.push(stream)
    const next: typeof stream.next = async () => {
      // Also where there is nothing to read somebody has to learn that there is no thread.
      const [produced] = await Promise.all([stream.next(), opening])
      return produced
    }
    return { next, close, untaken: stream.untaken }
  } catch (error) {
    await close()
    throw error
  }
}

async function openSelectors(
  options: SourceBodyOptions,
  gates: readonly string[],
  from: ResumePoint,
  selectors: Map<string, Selector>,
): Promise<void> {
  const { plan, clock, memory } = options
  for (const node of plan.nodes) {
    if (node.kind !== 'operator' || !gates.includes(node.name)) continue
    const context = { node: node.name, clock, room: memory.rooms?.open() }
    const selector = (node.unit as SelectingOperator<never>).open(context)
    selectors.set(node.name, selector)
    const state = stored(options, node.name, from.state[node.name])
    if (state !== undefined) {
      try {
        await selector.restore(state)
      } catch (error) {
        if (error instanceof CheckpointError) throw error
        throw new CheckpointError(
          `its state can't be restored: ${(error as Error).message}; put the state objects back from a copy, or start it anew with --drop-state ${node.name}`,
          { code: 'SBX_STATE_DAMAGED', node: node.name, cause: error },
        )
      }
    }
  }
}

const batchWriterContext = (
  options: SourceBodyOptions,
  node: string,
  writing: Writing,
  signal: AbortSignal,
  current: () => Writing,
): WriterContext => ({
  node,
  task: writing.task,
  topology: options.topology,
  clock: options.clock,
  runId: writing.runId,
  writer: 0,
  memoryBytes: options.memoryBytes / options.sharers,
  signal,
  epoch: () => current().epoch,
  attempt: () => current().attempt,
})

const stored = (
  { readObject }: SourceBodyOptions,
  node: string,
  state: KeptState | undefined,
): StoredState | undefined =>
  state === undefined ? undefined : { ...state, read: (name) => readObject(name, node) }

/** What must not change under a checkpoint: the source's identity, stateful nodes' types and options. */
function identityOf(plan: Plan, source: JsonObject): TaskIdentity {
  const operators: Record<string, TaskIdentity['operators'][string]> = {}
  for (const node of plan.nodes) {
    if (node.kind !== 'operator' || node.unit.state !== 'keyed') continue
    operators[node.name] = { type: node.unit.type, options: node.unit.options }
  }
  return { source: { node: plan.source, ...source }, operators }
}
