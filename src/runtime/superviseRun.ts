import { randomUUID } from 'node:crypto'
import type { ModelsBuilder, BuildReport } from '../core/models.ts'
import type { ModelsNode, Topology } from '../core/topology.ts'
import type { Publisher } from '../core/unit.ts'
import { days, hours } from '../core/durations.ts'
import type { ObjectStore } from '../lake/objectStore.ts'
import { openLake } from '../lake/openLake.ts'
import { probe } from '../lake/probe.ts'
import { acceptCheckpoint } from './acceptCheckpoint.ts'
import { checkpointStore, readLineage } from './checkpointStore.ts'
import { holdTask } from './holdTask.ts'
import { addToLedger, type Ledger } from './ledger.ts'
import { modelsBody } from './modelsBody.ts'
import type { Resolved } from './options.ts'
import { planTopology, type Plan } from './plan.ts'
import type { RunResult, TaskResult } from './result.ts'
import type { Run } from './run.ts'
import type { Runners } from './runner.ts'
import { runTask } from './runTask.ts'
import { sourceBody } from './sourceBody.ts'
import type { TaskBody } from './taskBody.ts'

/** Markers stay this long; nothing that was sent may arrive later than half of it. */
const FENCE_MS = days(7)
const SURVEY_MS = hours(1)

/** What all tasks of one run share. */
interface Shared {
  readonly topology: Topology
  readonly options: Resolved
  readonly store: ObjectStore
  readonly lineage: string
  readonly runId: string
  readonly runners: Runners
  readonly publishers: ReadonlyMap<string, Publisher>
  /** Aborted: finish the epoch and end. */
  readonly stopping: AbortSignal
  /** Aborted: end at once. */
  readonly signal: AbortSignal
  readonly progress: { bytes: number; batches: number; records: number; epochs: number }
  /** Tasks that this process holds at the moment. */
  readonly held: Set<string>
}

/** Runs all tasks of a topology in this process, and ends them together. */
export function superviseRun(topology: Topology, options: Resolved, runners: Runners): Run {
  const stopping = new AbortController()
  const failing = new AbortController()
  const signals = [failing.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const progress = { bytes: 0, batches: 0, records: 0, epochs: 0 }
  const runId = randomUUID()
  const startedMs = options.clock.now()

  const start = async (): Promise<RunResult> => {
    const store = await openLake(options.lake)
    await probe(store)
    const lineage = await readLineage(store, topology.name)
    const publishers = await openPublishers(topology, options)
    const shared: Shared = {
      topology,
      options,
      store,
      lineage,
      runId,
      runners,
      publishers,
      stopping: stopping.signal,
      signal: AbortSignal.any(signals),
      progress,
      held: new Set(),
    }
    const { tasks, builds } = await runTasks(shared, stopping, failing)
    const durationSeconds = (options.clock.now() - startedMs) / 1000
    const { epochs, records } = progress
    options.logger.info('run_done', {
      run_id: runId,
      records_processed: records,
      duration_seconds: durationSeconds,
    })
    return { runId, topology: topology.name, durationSeconds, epochs, tasks, builds }
  }
  const done = start().finally(() => runners.close())
  done.catch(() => {})
  return {
    done,
    close() {
      stopping.abort()
      return done
    },
    progress: progress,
  }
}

async function runTasks(
  shared: Shared,
  stopping: AbortController,
  failing: AbortController,
): Promise<{ tasks: TaskResult[]; builds: Record<string, BuildReport> }> {
  const { flows, models } = planTopology(shared.topology)
  const builds: Record<string, BuildReport> = {}
  let failure: { readonly error: unknown } | undefined
  const guard = async (task: Promise<TaskResult>): Promise<TaskResult | undefined> => {
    try {
      return await task
    } catch (error) {
      // The first failure ends the run: the other tasks commit what they have, models are not built.
      failure ??= { error }
      stopping.abort()
      modelsStop.abort()
      return undefined
    }
  }
  const modelsStop = new AbortController()
  const sources = flows.map((flow) => guard(runSource(shared, flow)))
  const inputsDone = Promise.all(sources).then(() => {})
  const builders = shared.options.models
    ? models.map((node) => guard(runModels(shared, node, inputsDone, modelsStop.signal, builds)))
    : []
  const results = await Promise.all([...sources, ...builders])
  failing.abort()
  if (failure !== undefined) throw failure.error
  return { tasks: results.filter((result) => result !== undefined), builds }
}

function runSource(shared: Shared, plan: Plan): Promise<TaskResult> {
  const { options, store, topology, lineage, progress } = shared
  const checkpoints = checkpointStore(store, topology.name, lineage, plan.source)
  const body = sourceBody({
    ...options,
    topology: topology.name,
    plan,
    runners: shared.runners,
    publishers: shared.publishers,
    stopping: shared.stopping,
    signal: shared.signal,
    readObject: checkpoints.readObject,
    onRead(batch) {
      progress.batches++
      progress.bytes += batch.bytes?.byteLength ?? 0
    },
  })
  return runBody(shared, plan.source, body)
}

async function runModels(
  shared: Shared,
  node: ModelsNode,
  inputsDone: Promise<void>,
  stop: AbortSignal,
  builds: Record<string, BuildReport>,
): Promise<TaskResult> {
  const { options, topology, lineage } = shared
  const { clock, logger, mode } = options
  const signal = AbortSignal.any([shared.signal, stop])
  const context = { node: node.name, topology: topology.name, lineage, clock, logger, signal }
  const builder: ModelsBuilder = await node.unit.open(context)
  try {
    const body = modelsBody({
      node,
      builder,
      clock,
      logger,
      mode,
      intervalMs: options.modelsIntervalMs,
      inputsDone,
      signal,
      onBuild(report) {
        builds[node.name] = report
        logger.info('built', {
          task: node.name,
          version: report.version,
          seconds: report.durationSeconds,
        })
      },
    })
    // Whoever ends the inputs may build: nobody waits for another's models while there is input to read.
    if (mode === 'micro-batch') await inputsDone
    signal.throwIfAborted()
    return await runBody(shared, node.name, body)
  } finally {
    await builder.close()
  }
}

/** Runs one task under the commit protocol and adds up what it did. */
async function runBody(shared: Shared, node: string, body: TaskBody): Promise<TaskResult> {
  const { options, store, topology, lineage, runId, progress, held, signal, stopping } = shared
  const { clock, logger, mode } = options
  const checkpoints = checkpointStore(store, topology.name, lineage, body.task)
  const ledger: Ledger = {}
  let epochs = 0
  const run = (held: AbortSignal) =>
    runTask({
      protocol: {
        topology: topology.name,
        lineage,
        task: body.task,
        runId,
        identity: body.identity,
        dropState: options.dropState,
        whenLost: 'claim',
        fenceMs: FENCE_MS,
        surveyMs: SURVEY_MS,
      },
      body,
      checkpoints,
      clock: options.clock,
      nodes: topology.nodes.filter(
        (other) => other.name === node || body.nodes.includes(other.name),
      ),
      signal: held,
      accept: (newest) => acceptCheckpoint(newest, body.identity, options),
      async acceptEmpty() {
        for (const sink of body.sinks)
          await shared.publishers.get(sink)?.refuseForeign?.(lineage, body.task)
      },
      async refuseLost({ latest = {} }) {
        for (const [sink, epoch] of Object.entries(latest))
          await shared.publishers.get(sink)?.refuseLost?.(lineage, body.task, epoch)
      },
      onCommit(checkpoint, added) {
        epochs++
        progress.epochs++
        progress.records += added[node]?.in ?? 0
        addToLedger(ledger, added)
        options.logger.info('committed', {
          run_id: runId,
          task: body.task,
          epoch: checkpoint.epoch,
          records_processed: added[node]?.in ?? 0,
        })
      },
    })
  await holdTask(
    { store, topology: topology.name, runId, clock, logger, mode, held, signal, stopping },
    body.task,
    run,
  )
  const newest = await checkpoints.newest()
  return {
    task: body.task,
    node,
    epochs,
    ledger,
    total: (newest?.ledger ?? {}) as unknown as Ledger,
    state: newest?.state[node]?.inline ?? null,
  }
}

async function openPublishers(
  topology: Topology,
  { clock, logger }: Resolved,
): Promise<ReadonlyMap<string, Publisher>> {
  const publishers = new Map<string, Publisher>()
  for (const node of topology.nodes) {
    if (node.kind !== 'sink') continue
    const context = { node: node.name, topology: topology.name, clock, logger }
    publishers.set(node.name, await node.unit.openPublisher(context))
  }
  return publishers
}
