import { CheckpointError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { hasRead, type Checkpoint, type TaskIdentity } from './checkpoint.ts'

/** What the operator of a run has agreed to. */
export interface Accepted {
  /** Stateful nodes whose state is dropped; sources among them begin anew. */
  readonly dropState: readonly string[]
  /** Source nodes that may have changed. */
  readonly acceptSource: readonly string[]
}

/**
 * Compares a checkpoint with what its task is now. Positions of another source and state of another
 * operator mean nothing, so both are refused unless they were accepted by name. Where nothing was read
 * yet, any source will do.
 *
 * @throws CheckpointError `SBX_SOURCE_CHANGED`, `SBX_STATE_CHANGED`: what changed, and the remedy
 */
export function acceptCheckpoint(
  checkpoint: Checkpoint,
  now: TaskIdentity,
  accepted: Accepted,
): void {
  const { task, identity } = checkpoint
  const node = now.source['node'] as string
  const isAccepted = accepted.acceptSource.includes(node) || accepted.dropState.includes(node)
  if (!isAccepted && hasRead(checkpoint)) {
    const changes = sourceChanges(identity, now)
    if (changes.length > 0) {
      throw new CheckpointError(
        `the source is not the one that its checkpoint (epoch ${checkpoint.epoch} of ${task}) knows: ${changes.join('; ')}. ${remedyOf(isReadAnew(identity, now), node)}`,
        { code: 'SBX_SOURCE_CHANGED', node },
      )
    }
  }
  for (const [name, before] of Object.entries(identity.operators)) {
    if (accepted.dropState.includes(name)) continue
    const current = now.operators[name]
    const changes =
      current === undefined
        ? ['it is gone or was renamed']
        : [
            ...differences({ type: before.type }, { type: current.type }),
            ...differences(before.options, current.options),
          ]
    if (changes.length === 0) continue
    throw new CheckpointError(
      `its state in the checkpoint (epoch ${checkpoint.epoch} of ${task}) does not fit: ${changes.join('; ')}. Change it back, or go on without what it remembers with --drop-state ${name}`,
      { code: 'SBX_STATE_CHANGED', node: name },
    )
  }
}

const remedyOf = (isAnew: boolean, node: string): string =>
  isAnew
    ? `Its positions may mean other records there. Go back to the former source, use another lake, or accept the new one from its beginning with --accept-source ${node}`
    : `Keys may have moved between partitions, and a repeat of a moved one is not known as such. Go on from where each partition stands with --accept-source ${node}`

/** What is different about a task's source: in words, one each. */
const sourceChanges = (before: TaskIdentity, now: TaskIdentity): readonly string[] =>
  differences(...comparable(before.source, now.source))

/** Whether positions of before mean other records now: that partitions were added moves none of them. */
export const isReadAnew = (before: TaskIdentity, now: TaskIdentity): boolean => {
  const { partitions: had, ...source } = before.source
  const { partitions: has, ...current } = now.source
  const isFewer = Number(has ?? 0) < Number(had ?? 0)
  return isFewer || differences(...comparable(source, current)).length > 0
}

/**
 * Two identities without what one of them does not know: null says so, and a source of the same kind that had
 * nothing to say of it before.
 */
function comparable(before: JsonObject, now: JsonObject): [JsonObject, JsonObject] {
  const isSameKind = before['kind'] === now['kind']
  const isUnknown = (name: string): boolean =>
    before[name] === null || now[name] === null || (isSameKind && !(name in before))
  const known = (source: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(source).filter(([name]) => !isUnknown(name)))
  return [known(before), known(now)]
}

function differences(before: JsonObject, now: JsonObject): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...names]
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => `${name} was ${JSON.stringify(before[name])}, is ${JSON.stringify(now[name])}`)
}
