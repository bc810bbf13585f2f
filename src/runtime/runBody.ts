import { days, hours } from '../core/durations.ts'
import { acceptCheckpoint } from './acceptCheckpoint.ts'
import { checkpointStore } from './checkpointStore.ts'
import { addToLedger, type Ledger } from './ledger.ts'
import { refuseRejected } from './rejectLimit.ts'
import type { TaskResult } from './result.ts'
import { runTask } from './runTask.ts'
import type { Shared } from './shared.ts'
import type { TaskBody } from './taskBody.ts'

/** Markers stay this long; nothing that was sent may arrive later than half of it. */
const FENCE_MS = days(7)
const SURVEY_MS = hours(1)

/** What one life of a task may be ended by. */
export interface Life {
  /** Aborted: end at once. */
  readonly signal: AbortSignal
  /** Aborted: the task is another process's, as `runTask` takes it. */
  readonly leaving?: AbortSignal
}

/**
 * Runs one task under the commit protocol and adds up what it did.
 *
 * @param hold - Calls what it is given while the task is this process's.
 */
export async function runBody(
  shared: Shared,
  node: string,
  body: TaskBody,
  hold: (run: (life: Life) => Promise<unknown>) => Promise<void>,
): Promise<TaskResult> {
  const { options, store, topology, lineage, runId, progress } = shared
  const checkpoints = checkpointStore(store, topology.name, lineage, body.task)
  const ledger: Ledger = {}
  let epochs = 0
  const run = ({ signal, leaving }: Life) =>
    runTask({
      protocol: {
        topology: topology.name,
        lineage,
        task: body.task,
        runId,
        identity: body.identity,
        dropState: shared.dropped.has(body.task) ? [] : options.dropState,
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
      signal,
      leaving,
      accept: (newest) => acceptCheckpoint(newest, body.identity, options),
      async acceptEmpty() {
        for (const sink of body.sinks)
          await shared.publishers.get(sink)?.refuseForeign?.(lineage, body.task)
      },
      async refuseLost({ latest = {} }) {
        shared.dropped.add(body.task)
        for (const [sink, epoch] of Object.entries(latest))
          await shared.publishers.get(sink)?.refuseLost?.(lineage, body.task, epoch)
      },
      refuseEpoch(epoch, added) {
        const { rejectLimit } = options
        if (rejectLimit !== undefined) refuseRejected(node, epoch, added, rejectLimit)
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
  await hold(run)
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
