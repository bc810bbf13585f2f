import type { Effect } from '../../../src/runtime/protocolEffects.ts'
import type { Survey } from '../../../src/runtime/retention.ts'
import type { Scenario } from './scenario.ts'
import {
  attemptAt,
  fileId,
  fileName,
  fileOf,
  markerId,
  markerOf,
  showFile,
  type Request,
  type World,
} from './world.ts'

/** What retention finds in the store. */
export function surveyOf(world: World, below: number): Survey {
  const epochs = world.checkpoints.map((slot, epoch) => ({ slot, epoch }))
  return {
    nowMs: world.now,
    checkpoints: epochs
      .filter(({ slot, epoch }) => slot > 0 && epoch < below)
      .map(({ epoch }) => ({ epoch, attempt: attemptAt(world, epoch)! })),
    markers: epochs
      .filter(({ slot }) => slot < 0)
      .map(({ epoch, slot }) => ({ epoch, retiredAtMs: markerOf(-slot).retiredAtMs })),
    objects: world.files
      .map(fileOf)
      .filter(({ kind }) => kind === 'object')
      .map((file) => ({ key: fileName(file), epoch: file.epoch })),
  }
}

/** Its steps, in the order in which a driver takes them. */
export function retainSteps(
  { retention }: Effect & { readonly kind: 'retain' },
  world: World,
  bug: Scenario['mutation']['driver'],
): readonly Request[] {
  const retire = retention.retire.flatMap(({ epoch, attempt }): Request[] => {
    const put: Request = { kind: 'retire', epoch, marker: markerId(attempt, world.now) }
    const isTorn = bug === 'deletes a checkpoint before it writes the marker'
    return isTorn ? [{ kind: 'removeMarker', epoch }, put] : [put]
  })
  return [
    ...retire,
    ...retention.objects.map((key): Request => ({ kind: 'remove', files: [fileId(key)] })),
    ...retention.markers.map((epoch): Request => ({ kind: 'removeMarker', epoch })),
  ]
}

/** A step of retention in words. */
export const showRequest = (request: Request): string =>
  request.kind === 'retire'
    ? `replaces ${request.epoch} by a marker`
    : request.kind === 'removeMarker'
      ? `removes the marker of ${request.epoch}`
      : request.kind === 'remove'
        ? `removes ${request.files.map(showFile)}`
        : request.kind
