import type { JsonObject } from '../core/json.ts'
import type { Assignment, PartitionGroup, SourceContext, SourceReader } from '../core/unit.ts'
import { atATime } from '../core/atATime.ts'
import { isReadAnew } from './acceptCheckpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checkpointStore } from './checkpointStore.ts'
import { commitsOf } from './commitsOf.ts'
import { addToLedger, type Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import { partitionTask, refuseOtherForm, tasksOf } from './refuseOtherForm.ts'
import type { TaskResult } from './result.ts'
import { runBody } from './runBody.ts'
import type { Shared } from './shared.ts'
import { sourceBody } from './sourceBody.ts'
import type { TaskBody } from './taskBody.ts'

/** How often a micro-batch that has read its share looks how far the others are, ms: ever more rarely. */
const FIRST_LOOK_MS = 100
const LAST_LOOK_MS = 2_000
/** How many checkpoints are read at a time. */
const READS = 8

/**
 * Runs the tasks of those partitions that a group gives to this process, anew after each rebalance: each claims
 * from its checkpoint, so what others did meanwhile is known. A micro-batch stays until every partition is
 * at its end, whoever reads it.
 */
export async function runPartitions(shared: Shared, plan: Plan): Promise<readonly TaskResult[]> {
  const { options, signal, stopping } = shared
  const { clock, logger, mode } = options
  await refuseOtherForm(shared, plan.source, 'partitions')
  const group = await plan.sourceNode.unit.join!({
    node: plan.source,
    clock,
    logger,
    mode,
    topology: shared.topology.name,
    lineage: shared.lineage,
    signal: AbortSignal.any([signal, stopping]),
    queuedBytes: shared.memory.queuedBytes,
  })
  const results = new Map<string, TaskResult>()
  try {
    for (;;) {
      const assignment = await group.next()
      if (assignment === undefined) break
      await runAssignment(shared, plan, group, assignment, results)
      signal.throwIfAborted()
      if (stopping.aborted) break
      if (assignment.revoked.aborted) continue
      if (await othersEnd(shared, plan, group, assignment)) break
    }
  } finally {
    await group.leave()
  }
  signal.throwIfAborted()
  return withTotals(shared, plan.source, group.partitions, results)
}

/** Runs its tasks until each has ended or was taken away. The first failure ends them all, in order. */
async function runAssignment(
  shared: Shared,
  plan: Plan,
  group: PartitionGroup,
  assignment: Assignment,
  results: Map<string, TaskResult>,
): Promise<void> {
  const failing = new AbortController()
  const stopping = AbortSignal.any([shared.stopping, failing.signal])
  let failure: { readonly error: unknown } | undefined
  const runOne = async (partition: number): Promise<void> => {
    const body = bodyOf({ ...shared, stopping }, plan, {
      task: partitionTask(plan.source, partition),
      open: (context) => assignment.open(partition, context),
      sourceIdentity: group.identity,
      sharers: assignment.partitions.length,
    })
    try {
      const life = { signal: shared.signal, leaving: assignment.revoked }
      const result = await runBody(shared, plan.source, body, async (run) => {
        shared.held.add(body.task)
        await run(life).finally(() => shared.held.delete(body.task))
      })
      results.set(body.task, joined(results.get(body.task), result))
    } catch (error) {
      failure ??= { error }
      failing.abort()
    }
  }
  await Promise.all(assignment.partitions.map(runOne))
  if (failure !== undefined) throw failure.error
}

/** The body of a task: of a whole source, or of one partition. */
export function bodyOf(
  shared: Shared,
  plan: Plan,
  of: {
    readonly task: string
    open(context: SourceContext): Promise<SourceReader>
    readonly sourceIdentity: JsonObject
    readonly sharers: number
  },
): TaskBody {
  const { options, store, topology, lineage, progress } = shared
  const checkpoints = checkpointStore(store, topology.name, lineage, of.task)
  return sourceBody({
    ...options,
    ...of,
    topology: topology.name,
    plan,
    runners: shared.runners,
    publishers: shared.publishers,
    memory: shared.memory,
    stopping: shared.stopping,
    signal: shared.signal,
    readObject: checkpoints.readObject,
    writeObject: checkpoints.writeObject,
    onRead(batch) {
      shared.reading.resolve()
      progress.batches++
      progress.bytes += batch.bytes?.byteLength ?? 0
    },
  })
}

/**
 * Waits until the partitions of the others are at their ends, or there is a rebalance. Streaming has no end:
 * who was given nothing waits for his turn.
 *
 * @returns false where there was one: this process may have more to read.
 */
async function othersEnd(
  shared: Shared,
  plan: Plan,
  group: PartitionGroup,
  { partitions, revoked }: Assignment,
): Promise<boolean> {
  const { store, topology, lineage, options, stopping, signal } = shared
  const waking = AbortSignal.any([revoked, stopping, signal])
  if (options.mode === 'streaming') {
    await new Promise((resolve) => {
      if (waking.aborted) resolve(undefined)
      else waking.addEventListener('abort', resolve, { once: true })
    })
    return !revoked.aborted
  }
  const now = { source: { node: plan.source, ...group.identity }, operators: {} }
  const theirs = new Set<number>()
  for (let partition = 0; partition < group.partitions; partition++) {
    if (!partitions.includes(partition)) theirs.add(partition)
  }
  const look = async (partition: number): Promise<void> => {
    const task = partitionTask(plan.source, partition)
    const newest = await checkpointStore(store, topology.name, lineage, task).newest()
    if (newest === undefined || newest.positions.inline === null) return
    // Of another topic, which was accepted: its new owner has not claimed it yet.
    if (isReadAnew(newest.identity, now)) return
    if (!group.isAtEnd(partition, newest.positions.inline)) return
    if (await isPublished(shared, plan, newest)) theirs.delete(partition)
  }
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_LOOK_MS)) {
    await atATime(READS, [...theirs], look)
    if (theirs.size === 0) return true
    if (revoked.aborted) return false
    if (waking.aborted) return true
    await options.clock.sleep(pauseMs, waking)
  }
}

/** Who committed the last epoch may have died before its files were visible: anybody may see to that. */
async function isPublished(shared: Shared, plan: Plan, checkpoint: Checkpoint): Promise<boolean> {
  const sinks = plan.sinks.map(({ name }) => name)
  for (const commit of commitsOf(checkpoint, sinks)) {
    const { missing } = await shared.publishers.get(commit.node)!.publish(commit)
    // Others have gone on from there: the next look finds their checkpoint.
    if (missing !== undefined) return false
  }
  return true
}

function joined(before: TaskResult | undefined, more: TaskResult): TaskResult {
  if (before === undefined) return more
  const ledger: Ledger = structuredClone(before.ledger)
  addToLedger(ledger, more.ledger)
  return { ...more, epochs: before.epochs + more.epochs, ledger }
}

/** All tasks that the source ever had: what others committed belongs to the totals. */
async function withTotals(
  shared: Shared,
  source: string,
  partitions: number,
  results: ReadonlyMap<string, TaskResult>,
): Promise<readonly TaskResult[]> {
  const checkpoints = await tasksOf(shared, source, partitions)
  return checkpoints.map(({ task, ledger, state }) => ({
    task,
    node: source,
    epochs: results.get(task)?.epochs ?? 0,
    ledger: results.get(task)?.ledger ?? {},
    total: ledger as unknown as Ledger,
    state: state[source]?.inline ?? null,
  }))
}
