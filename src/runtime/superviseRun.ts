import { allOf } from '../core/allOf.ts'
import type { ModelsBuilder, BuildReport } from '../core/models.ts'
import type { ModelsNode, Topology } from '../core/topology.ts'
import type { Publisher } from '../core/unit.ts'
import { openLake } from '../lake/openLake.ts'
import { readLineage } from './checkpointStore.ts'
import { holdTask } from './holdTask.ts'
import { modelsBody } from './modelsBody.ts'
import type { Resolved } from './options.ts'
import { runMemory } from './memory/runMemory.ts'
import { bodyOf, runPartitions } from './partitionTasks.ts'
import { planTopology, type Plan } from './plan.ts'
import { refuseOtherForm } from './refuseOtherForm.ts'
import type { RunResult, TaskResult } from './result.ts'
import { runBody, type Life } from './runBody.ts'
import type { Runners } from './runner.ts'
import type { Shared } from './shared.ts'
import { openUpkeep } from './maintenance/openUpkeep.ts'

/** Models are opened with the first batch that is read, or after this time without one. */
const FIRST_BATCH_MS = 1000

export interface Supervised {
  readonly topology: Topology
  readonly options: Resolved
  /** Resolves when the lake has shown that it can hold what is written. */
  readonly probed: Promise<void>
  readonly runners: Runners
  readonly runId: string
  /** Aborted by who wants an orderly end, and at the end. */
  readonly stopping: AbortController
  readonly progress: Shared['progress']
}

/** Runs all tasks of a topology in this process, and ends them together; closes the runners. */
export async function superviseRun(supervised: Supervised): Promise<RunResult> {
  try {
    supervised.runners.startThreads()
    return await superviseTasks(supervised)
  } finally {
    await supervised.runners.close()
  }
}

async function superviseTasks(supervised: Supervised): Promise<RunResult> {
  const { topology, options, probed, runners, runId, stopping, progress } = supervised
  const failing = new AbortController()
  const signals = [failing.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const startedMs = options.clock.now()
  const store = await openLake(options.lake)
  // What only reads need not wait until the lake has shown that it can be written.
  const [, publishers, upkeep] = await allOf([
    probed,
    openPublishers(topology, options),
    openUpkeep({ ...options, topology, store, runId }),
  ])
  // What a killed process left half done is ended before anything is read or written.
  const [lineage] = await allOf([readLineage(store, topology.name), upkeep.finish()])
  const { flows, models } = planTopology(topology)
  const shared: Shared = {
    memory: runMemory(options.memory, flows.length, models.length),
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
    reading: Promise.withResolvers(),
    held: new Set(),
    dropped: new Set(),
  }
  const keeping = upkeep.run(shared.stopping, shared.signal)
  const { tasks, builds } = await runTasks(shared, stopping, failing).finally(() => {
    stopping.abort()
    return keeping
  })
  const durationSeconds = (options.clock.now() - startedMs) / 1000
  const { epochs, records } = progress
  options.logger.info('run_done', {
    run_id: runId,
    records_processed: records,
    duration_seconds: durationSeconds,
  })
  return { runId, topology: topology.name, durationSeconds, epochs, tasks, builds }
}

async function runTasks(
  shared: Shared,
  stopping: AbortController,
  failing: AbortController,
): Promise<{ tasks: TaskResult[]; builds: Record<string, BuildReport> }> {
  const { flows, models } = planTopology(shared.topology)
  const builds: Record<string, BuildReport> = {}
  let failure: { readonly error: unknown } | undefined
  const guard = async <T>(task: Promise<T>): Promise<T | undefined> => {
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
  const sources = new Map<string, Promise<readonly TaskResult[] | undefined>>()
  const begin = (flow: Plan): Promise<readonly TaskResult[] | undefined> => {
    const known = sources.get(flow.source)
    if (known !== undefined) return known
    const feeders = shared.options.mode === 'streaming' ? [] : flow.waitsFor
    const before = feeders.map((name) => begin(flows.find(({ source }) => source === name)!))
    const running = guard(
      Promise.all(before).then((ended) =>
        ended.includes(undefined) || shared.stopping.aborted ? [] : runSource(shared, flow),
      ),
    )
    sources.set(flow.source, running)
    return running
  }
  for (const flow of flows) void begin(flow)
  const inputsDone = Promise.all(sources.values()).then(() => {})
  const builders = shared.options.models
    ? models.map((node) => guard(runModels(shared, node, inputsDone, modelsStop.signal, builds)))
    : []
  const [read, built] = await Promise.all([Promise.all(sources.values()), Promise.all(builders)])
  const results = [...read.flat(), ...built]
  failing.abort()
  if (failure !== undefined) throw failure.error
  return { tasks: results.filter((result) => result !== undefined), builds }
}

/** A source's one task, held by its lease, or those of its partitions that a group gives to this process. */
async function runSource(shared: Shared, plan: Plan): Promise<readonly TaskResult[]> {
  const { unit } = plan.sourceNode
  if (unit.join !== undefined) return runPartitions(shared, plan)
  await refuseOtherForm(shared, plan.source, 'whole')
  const body = bodyOf(shared, plan, {
    task: plan.source,
    open: unit.open,
    sourceIdentity: unit.identity,
    sharers: 1,
  })
  return [await runBody(shared, plan.source, body, byLease(shared, body.task))]
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
  const names = { node: node.name, topology: topology.name, lineage }
  const { databaseBytes } = shared.memory
  const memory = databaseBytes === undefined ? {} : { memoryBytes: databaseBytes }
  const context = { ...names, clock, logger, signal, ...memory }
  // To read and compile a project keeps this thread busy, and nobody needs it yet: the sources go first.
  await Promise.race([shared.reading.promise, inputsDone, clock.sleep(FIRST_BATCH_MS, signal)])
  signal.throwIfAborted()
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
    if (mode === 'micro-batch') {
      await inputsDone
      // Nobody needs the threads any more; a database does need what they take.
      await shared.runners.close()
    }
    signal.throwIfAborted()
    return await runBody(shared, node.name, body, byLease(shared, body.task))
  } finally {
    await builder.close()
  }
}

/** Runs a task while this process holds its lease. */
const byLease =
  (shared: Shared, task: string) =>
  (run: (life: Life) => Promise<unknown>): Promise<void> => {
    const { options, store, topology, runId, held, signal, stopping } = shared
    const { clock, logger, mode } = options
    // Where partitions are shared out several processes are meant to run: then each waits for the others.
    const isShared = topology.nodes.some((node) => node.kind === 'source' && node.unit.join)
    const lease = { store, topology: topology.name, runId, clock, logger, held, signal, stopping }
    const patience = mode === 'micro-batch' && !isShared ? 'some' : 'any'
    return holdTask({ ...lease, patience }, task, (signal) => run({ signal }))
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
