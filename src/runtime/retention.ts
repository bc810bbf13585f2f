import { objectsOf, type Checkpoint } from './checkpoint.ts'

/** What retention takes away; each part may be done in any order and any number of times. */
export interface Retention {
  /** Old checkpoints that a marker replaces, each in one step. */
  readonly retire: readonly { readonly epoch: number; readonly attempt: string }[]
  /** State objects that no kept checkpoint names. */
  readonly objects: readonly string[]
  /** Epochs whose markers are older than `fenceMs`. */
  readonly markers: readonly number[]
}

/** What retention found. */
export interface Survey {
  readonly nowMs: number
  readonly checkpoints: readonly { readonly epoch: number; readonly attempt: string }[]
  readonly markers: readonly { readonly epoch: number; readonly retiredAtMs: number }[]
  /** State objects with the epoch that their name carries. */
  readonly objects: readonly { readonly key: string; readonly epoch: number }[]
}

/**
 * What may go now that two checkpoints are kept: older checkpoints (a marker takes their place), state
 * objects below the older one that neither names, markers past the fence.
 *
 * @param kept the older and the newest checkpoint
 * @param found what there is, in part or in whole
 * @param fenceMs how long markers stay, ms
 */
export function superfluous(
  kept: readonly [older: Checkpoint, newest: Checkpoint],
  found: Survey,
  fenceMs: number,
): Retention {
  const below = kept[0].epoch
  const named = new Set(kept.flatMap(objectsOf))
  return {
    retire: found.checkpoints
      .filter(({ epoch }) => epoch < below)
      .map(({ epoch, attempt }) => ({ epoch, attempt })),
    objects: found.objects
      .filter(({ key, epoch }) => epoch < below && !named.has(key))
      .map(({ key }) => key),
    markers: found.markers
      .filter(({ retiredAtMs }) => found.nowMs - retiredAtMs >= fenceMs)
      .map(({ epoch }) => epoch),
  }
}
