import { CheckpointError } from '../core/errors.ts'
import type { Logger } from '../core/unit.ts'
import { acquireLease, STALE_MS, type Holder, type LeaseOptions } from './lease.ts'

export interface HoldOptions extends LeaseOptions {
  readonly logger: Logger
  /** How long others may hold the task while there is nothing else to do here: 10 s, or for ever. */
  readonly patience: 'some' | 'any'
  /** Tasks that this process holds at the moment. */
  readonly held: Set<string>
  /** Aborted: give up at once. */
  readonly signal: AbortSignal
  /** Aborted: the run no longer waits for what others hold. */
  readonly stopping: AbortSignal
}

/**
 * Runs a task while this process holds its lease, again and again until it has ended under it. Waits while
 * somebody else holds the task.
 *
 * @param run - Ends early when its signal is aborted: the lease was lost.
 * @throws CheckpointError `SBX_TASK_HELD` where there is some patience only, and nothing else was to be done for 10 s
 */
export async function holdTask(
  options: HoldOptions,
  task: string,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const { clock, logger, patience, held, signal, stopping } = options
  const giveUp = AbortSignal.any([signal, stopping])
  let waitingMs: number | undefined
  const onWait = (holder: Holder, quietMs: number): void => {
    if (waitingMs === undefined) logger.info('waiting', { task, holder })
    // While there is other work the wait costs nothing.
    if (waitingMs === undefined || held.size > 0) waitingMs = clock.now()
    const isOver = clock.now() - waitingMs >= STALE_MS
    // One that has been quiet for long is rather dead, and its task about to be free.
    if (patience === 'some' && isOver && quietMs < STALE_MS / 2) throw heldBy(task, holder)
  }
  for (;;) {
    signal.throwIfAborted()
    const lease = await acquireLease(options, task, giveUp, onWait)
    if (lease === undefined) return signal.throwIfAborted()
    held.add(task)
    try {
      await run(AbortSignal.any([signal, lease.lost]))
      return
    } catch (error) {
      if (!lease.lost.aborted || signal.aborted) throw error
      logger.warn('lease_lost', { task })
    } finally {
      held.delete(task)
      await lease.release()
    }
  }
}

function heldBy(task: string, { host, pid, runId }: Holder): CheckpointError {
  return new CheckpointError(
    `the task ${task} of this lake is held by another run, ${runId} (process ${pid} on ${host}), and nothing is left to do here without it. Nothing was changed or doubled. Wait for that run or end it, then start again`,
    { code: 'SBX_TASK_HELD', node: task },
  )
}
