import { isReadAnew } from './acceptCheckpoint.ts'
import { NOWHERE, objectsOf, type Checkpoint } from './checkpoint.ts'
import type { Answer, Create, Epoch, ProtocolTask, Effect } from './protocolEffects.ts'
import { superfluous, type Survey } from './retention.ts'

/** Where one holder of a task stands. Plain data: the next state depends on it and the answer alone. */
export interface State {
  readonly task: ProtocolTask
  readonly effect: Effect
  /** The random part of this attempt's name. */
  readonly random: string
  /** The clock when that was drawn, before the newest checkpoint was read, ms. */
  readonly drawnMs: number
  /** The claim has succeeded: this attempt reads input. */
  readonly holding: boolean
  /** The newest checkpoints that this attempt goes by, oldest first, at most three. */
  readonly recent: readonly Checkpoint[]
  /** What was missing, until it is known whether that matters. */
  readonly doubt: Missing | undefined
  readonly surveyedMs: number
}

type Missing = Answer & { readonly kind: 'missing' }

/** The state from which a process takes hold of a task. Nothing is read before its claim has succeeded. */
export const begin = (task: ProtocolTask): State => ({
  task,
  effect: { kind: 'drawAttempt' },
  random: '',
  drawnMs: 0,
  holding: false,
  recent: [],
  doubt: undefined,
  surveyedMs: 0,
})

/**
 * The commit protocol of one task as a pure function: no I/O, no clock, no promise. The driver does
 * `state.effect` and hands in what came of it.
 *
 * **Delivery** exactly once under any number of attempts, each paused, killed or cut off at any step, as
 * long as create-if-absent holds and nothing that was sent arrives `fenceMs` / 2 later.
 *
 * @param state what `begin` or the last `advance` returned
 * @param answer what came of `state.effect`
 * @throws TypeError if no such answer belongs to that effect
 * @see docs/decisions/0001-commit-protocol.md
 */
export function advance(state: State, answer: Answer): State {
  const { effect } = state
  if (answer.kind === 'unknown') return effect.kind === 'create' ? lookUp(state, effect) : state
  switch (effect.kind) {
    case 'drawAttempt':
      if (answer.kind !== 'drawn') break
      return {
        ...begin(state.task),
        random: answer.random,
        drawnMs: answer.nowMs,
        effect: { kind: 'readNewest' },
      }
    case 'readNewest':
      if (answer.kind !== 'newest') break
      if (state.doubt !== undefined) return settle(state, state.doubt, answer.checkpoint)
      if (answer.checkpoint === undefined) return claim(state)
      return publish({ ...state, recent: [answer.checkpoint] }, answer.checkpoint)
    case 'publish':
      if (answer.kind === 'missing') return suspect(state, answer)
      if (answer.kind !== 'done') break
      return state.holding ? keepTwo(state) : claim(state)
    case 'restage':
      if (answer.kind === 'missing') return suspect(state, answer)
      if (answer.kind !== 'restaged') break
      return publish({ ...state, doubt: undefined }, answer.checkpoint)
    case 'create':
      if (answer.kind === 'created') return committed(state, effect.checkpoint)
      if (answer.kind === 'exists') return lookUp(state, effect)
      if (answer.kind !== 'expired') break
      // What was sent may yet arrive and be found by others: from here on its files are theirs.
      if (effect.sent || !state.holding) return again(state)
      return discard(state, effect.checkpoint, false)
    case 'readEpoch': {
      if (answer.kind !== 'named') break
      const { checkpoint } = effect.create
      if (answer.attempt === undefined) return { ...state, effect: effect.create }
      if (answer.attempt === checkpoint.attempt) return committed(state, checkpoint)
      return state.holding ? discard(state, checkpoint, true) : again(state)
    }
    case 'discard':
      if (answer.kind !== 'done') break
      return effect.lost ? lost(state) : again(state)
    case 'writeOpen':
      if (answer.kind !== 'done') break
      return { ...state, effect: { kind: 'listDead', claim: last(state).epoch } }
    case 'listDead': {
      if (answer.kind !== 'dead') break
      const decided = { ...answer.decided, [effect.claim]: last(state).attempt }
      return { ...state, effect: { kind: 'clean', graveyard: { dead: answer.dead, decided } } }
    }
    case 'clean':
      if (answer.kind !== 'done') break
      return survey(state)
    case 'survey':
      if (answer.kind !== 'surveyed') break
      return retain({ ...state, surveyedMs: answer.nowMs }, answer)
    case 'retain':
      if (answer.kind !== 'done') break
      return produce(state)
    case 'produce':
      if (answer.kind === 'prepared') return commit(state, answer)
      if (answer.kind === 'missing') return suspect(state, answer)
      if (answer.kind === 'ended') return { ...state, effect: { kind: 'stop', reason: 'ended' } }
      if (answer.kind !== 'idle') break
      return answer.nowMs < untilMs(state) ? state : again(state)
    case 'stop':
    case 'fail':
  }
  throw new TypeError(`no answer '${answer.kind}' belongs to the effect '${effect.kind}'`)
}

const last = (state: State): Checkpoint => state.recent.at(-1)!
const again = (state: State): State => ({ ...state, effect: { kind: 'drawAttempt' } })
const lost = (state: State): State =>
  state.task.whenLost === 'claim'
    ? again(state)
    : { ...state, effect: { kind: 'stop', reason: 'lost' } }
const publish = (state: State, checkpoint: Checkpoint): State => ({
  ...state,
  effect: { kind: 'publish', checkpoint },
})
const discard = (state: State, checkpoint: Checkpoint, isLost: boolean): State => ({
  ...state,
  effect: { kind: 'discard', checkpoint, lost: isLost },
})
const lookUp = (state: State, create: Create): State => ({
  ...state,
  effect: {
    kind: 'readEpoch',
    epoch: create.checkpoint.epoch,
    create: { ...create, sent: true },
  },
})
const produce = (state: State): State => ({
  ...state,
  effect: { kind: 'produce', epoch: last(state).epoch + 1, from: last(state) },
})
/** Past this, markers of the epochs that this attempt could collide with may be gone. */
const untilMs = (state: State): number =>
  (state.holding ? last(state).savedAtMs : state.drawnMs) + state.task.fenceMs / 2

function claim(state: State): State {
  const { topology, lineage, task, runId, identity, dropState } = state.task
  const newest = state.recent.at(-1)
  const epoch = (newest?.epoch ?? 0) + 1
  const kept = Object.entries(newest?.state ?? {}).filter(([node]) => !dropState.includes(node))
  return create(state, {
    formatVersion: 1,
    topology,
    lineage,
    task,
    epoch,
    attempt: `${epoch}-${state.random}`,
    claim: true,
    positions: newest === undefined || startsOver(newest, state.task) ? NOWHERE : newest.positions,
    state: Object.fromEntries(kept),
    identity,
    prepared: {},
    latest: newest === undefined ? {} : latestAfter(newest),
    ledger: newest?.ledger ?? {},
    savedAtMs: state.drawnMs,
    runId,
  })
}

/** Positions of another source mean nothing; that it has changed was accepted before. */
const startsOver = ({ identity }: Checkpoint, task: ProtocolTask): boolean =>
  task.dropState.includes(task.identity.source['node'] as string) ||
  isReadAnew(identity, task.identity)

function commit(state: State, { nowMs, positions, state: kept, prepared, ledger }: Epoch): State {
  const from = last(state)
  const { identity, runId } = state.task
  return create(state, {
    ...from,
    epoch: from.epoch + 1,
    claim: false,
    positions,
    state: kept,
    identity,
    prepared,
    latest: latestAfter(from),
    ledger,
    savedAtMs: nowMs,
    runId,
  })
}

/** By sink, the last epoch up to this checkpoint that gave it files. */
const latestAfter = ({ epoch, latest, prepared }: Checkpoint): Record<string, number> => {
  const filled = Object.entries(prepared).filter(([, files]) => files.length > 0)
  return { ...latest, ...Object.fromEntries(filled.map(([sink]) => [sink, epoch])) }
}

const create = (state: State, checkpoint: Checkpoint): State => ({
  ...state,
  effect: { kind: 'create', checkpoint, untilMs: untilMs(state), sent: false },
})

function committed(state: State, checkpoint: Checkpoint): State {
  // State is dropped once: the claim on record has done it.
  const task = { ...state.task, dropState: [] }
  const next = { ...state, task, holding: true, recent: [...state.recent.slice(-2), checkpoint] }
  if (!checkpoint.claim) return publish(next, checkpoint)
  return { ...next, effect: { kind: 'writeOpen', attempt: checkpoint.attempt } }
}

/** Something that a checkpoint names is gone: damage, unless others have gone on from there. */
const suspect = (state: State, doubt: Missing): State => ({
  ...state,
  doubt,
  effect: { kind: 'readNewest' },
})

function settle(state: State, doubt: Missing, newest: Checkpoint | undefined): State {
  const checkpoint = last(state)
  if (newest?.attempt !== checkpoint.attempt || newest.epoch !== checkpoint.epoch) {
    return state.holding ? lost(state) : again(state)
  }
  // A holder starts over as well: his stream goes on from there and has to be stopped first.
  if (doubt.again) {
    return state.holding ? again(state) : { ...state, effect: { kind: 'restage', checkpoint } }
  }
  const message =
    `epoch ${checkpoint.epoch} of ${checkpoint.task} is the newest and names ${doubt.what}, which is ` +
    'gone. Put it back from a copy of the lake, or start over in an empty lake'
  return { ...state, effect: { kind: 'fail', code: 'SBX_CHECKPOINT_DAMAGED', message } }
}

function survey(state: State): State {
  const older = state.recent.at(-2)
  return older === undefined
    ? produce(state)
    : { ...state, effect: { kind: 'survey', below: older.epoch } }
}

/** After a commit: what this attempt itself knows to be superfluous, or from time to time a survey. */
function keepTwo(state: State): State {
  const { savedAtMs } = last(state)
  if (savedAtMs >= state.surveyedMs + state.task.surveyMs) return survey(state)
  const checkpoints = state.recent.slice(0, -2)
  const objects = checkpoints.flatMap((checkpoint) =>
    objectsOf(checkpoint).map((key) => ({ key, epoch: checkpoint.epoch })),
  )
  return retain(state, { nowMs: savedAtMs, checkpoints, markers: [], objects })
}

function retain(state: State, found: Survey): State {
  const kept = state.recent.slice(-2) as [Checkpoint, Checkpoint]
  const retention = superfluous(kept, found, state.task.fenceMs)
  const { retire, objects, markers } = retention
  const isEmpty = retire.length + objects.length + markers.length === 0
  return isEmpty ? produce(state) : { ...state, effect: { kind: 'retain', retention } }
}
