import { isMarker } from './checkpoint.ts'
import type { CheckpointStore } from './checkpointStore.ts'
import { claimOf, type Graveyard } from './isDead.ts'
import type { Survey } from './retention.ts'

/** A survey looks at this many of the latest epochs for checkpoints that a dead attempt did not retire. */
const UNRETIRED = 16

export interface DeadAttempts extends Graveyard {
  /** Those that have been dead for so long that nothing of theirs can still arrive. */
  readonly forgotten: readonly string[]
}

/**
 * The dead are those with an older claim. Each committed one epoch after the other until somebody claimed
 * the next: a claim whose `.open` was not written any more is found by reading back from one that has it.
 */
export async function listDead(
  checkpoints: CheckpointStore,
  task: { readonly claim: number; readonly nowMs: number; readonly fenceMs: number },
): Promise<DeadAttempts> {
  const { claim, nowMs, fenceMs } = task
  const opened = (await checkpoints.openAttempts())
    .filter(({ attempt }) => claimOf(attempt) <= claim)
    .toSorted((a, b) => claimOf(a.attempt) - claimOf(b.attempt))
  const decided: Record<number, string> = {}
  const expired: string[] = []
  for (const [index, { attempt, openedMs }] of opened.slice(1).entries()) {
    const dead = opened[index]!.attempt
    decided[claimOf(attempt)] = attempt
    for (let epoch = claimOf(attempt) - 1; epoch > claimOf(dead); epoch--) {
      const found = await checkpoints.read(epoch)
      if (found === undefined || found.attempt === dead) break
      decided[epoch] = found.attempt
    }
    if (nowMs - openedMs >= fenceMs) expired.push(dead)
  }
  return { forgotten: expired, dead: opened.slice(0, -1).map(({ attempt }) => attempt), decided }
}

/** This task's checkpoints, markers and state objects below an epoch. */
export async function survey(
  checkpoints: CheckpointStore,
  task: { readonly below: number; readonly nowMs: number; readonly fenceMs: number },
): Promise<Survey> {
  const { below, nowMs, fenceMs } = task
  const old: { epoch: number; attempt: string }[] = []
  const markers: { epoch: number; retiredAtMs: number }[] = []
  const listed = (await checkpoints.listEpochs()).filter(({ epoch }) => epoch < below)
  const expired = listed.filter(({ modifiedMs }) => nowMs - modifiedMs >= fenceMs)
  for (const { epoch } of new Set([...expired, ...listed.slice(-UNRETIRED)])) {
    const found = await checkpoints.read(epoch)
    if (found === undefined) continue
    if (isMarker(found)) markers.push({ epoch, retiredAtMs: found.retiredAtMs })
    else old.push({ epoch, attempt: found.attempt })
  }
  const objects = (await checkpoints.listObjects()).map((key) => ({
    key,
    epoch: Number(key.slice(0, 12)),
  }))
  return { nowMs, checkpoints: old, markers, objects }
}
