import { objectsOf, type Checkpoint } from '../../../src/runtime/checkpoint.ts'
import { claimOf, isDead } from '../../../src/runtime/isDead.ts'
import type { Answer } from '../../../src/runtime/protocolEffects.ts'
import { actorStates, nameOf, type Actor } from './actors.ts'
import { prepareEpoch, restage, stagedBy } from './lakeFiles.ts'
import { launched } from './network.ts'
import { publish } from './publishing.ts'
import type { Scenario } from './scenario.ts'
import { retainSteps, showRequest, surveyOf } from './upkeep.ts'
import {
  attemptAt,
  bodyId,
  checkpointAt,
  fileId,
  fileOf,
  newestOf,
  serve,
  showFile,
  withFiles,
  type Request,
  type World,
} from './world.ts'

export type Emit = (label: string, world: World) => void

/** A driver that does one I/O step at a time and may stop for ever between any two. */
export function modelDriver(scenario: Scenario) {
  const { mutation } = scenario
  const { initial, idOf, of, mayDraw, react } = actorStates(scenario)

  function steps(world: World, index: number, emit: Emit): void {
    const actor = of(world.actors[index]!)
    const { effect } = actor.machine
    const who = 'ABC'[index]!

    const go = (label: string, to: Actor, changed = world): void => {
      const all = changed.actors.slice()
      all[index] = idOf(to)
      emit(`${who} ${label}`, { ...changed, actors: all })
    }
    const answer = (label: string, said: Answer, changed = world): void =>
      go(label, react(actor, said, index, changed), changed)
    const send = (
      label: string,
      request: Request,
      then: (refused: boolean, world: World) => Actor,
    ): void => {
      const served = serve(world, request)
      const outcome = served.refused ? ', refused' : ''
      go(label + outcome, then(served.refused, served.world), served.world)
      const unsure = react(actor, { kind: 'unknown' }, index, world)
      if (scenario.lostAnswers) go(label + outcome + ', answer lost', unsure, served.world)
      const flying = launched(scenario, world, request)
      if (flying === undefined) return
      go(label + ', still on its way', unsure, { ...world, flying })
    }

    if (scenario.ahead) writeAhead(world, actor, go)
    switch (effect.kind) {
      case 'drawAttempt':
        if (!mayDraw(actor, index, world)) return
        return answer(`looks at the clock: ${world.now}`, {
          kind: 'drawn',
          random: nameOf(index, actor.lives),
          nowMs: world.now,
        })
      case 'readNewest': {
        const checkpoint = newestOf(world)
        return answer(`reads the newest checkpoint: ${checkpoint?.epoch ?? 'none'}`, {
          kind: 'newest',
          checkpoint,
        })
      }
      case 'publish':
        return publish(scenario, world, actor, effect.checkpoint, {
          go,
          answer,
          send,
          react: (said, to) => react(actor, said, index, to),
        })
      case 'restage': {
        const { epoch } = effect.checkpoint
        const before = checkpointAt(world, epoch - 1)
        if (before === undefined || !hasState(world, before)) {
          return answer(`can't go back to ${epoch - 1}`, missing('the epoch before'))
        }
        const { checkpoint, files } = restage(effect.checkpoint, nameOf(index, actor.lives))
        return answer(
          `stages ${epoch} again`,
          { kind: 'restaged', checkpoint },
          { ...world, files: withFiles(world.files, files) },
        )
      }
      case 'create': {
        const { checkpoint } = effect
        const what = `${checkpoint.claim ? 'claims' : 'commits'} ${checkpoint.epoch}`
        const looks = mutation.driver !== 'does not look at the clock'
        if (looks && world.now >= effect.untilMs) {
          return answer(`is too late for ${what}`, { kind: 'expired' })
        }
        return send(
          what,
          {
            kind: 'create',
            epoch: checkpoint.epoch,
            body: bodyId(checkpoint),
            sent: world.now,
          },
          (refused, to) => react(actor, { kind: refused ? 'exists' : 'created' }, index, to),
        )
      }
      case 'readEpoch': {
        const isMarker = (world.checkpoints[effect.epoch] ?? 0) < 0
        const isBare = isMarker && mutation.driver === 'reads no name from a marker'
        const attempt = isBare ? 'nobody' : attemptAt(world, effect.epoch)
        return answer(
          `reads ${effect.epoch}: ${attempt ?? 'absent'}${isMarker ? ' (marker)' : ''}`,
          {
            kind: 'named',
            attempt,
          },
        )
      }
      case 'writeOpen': {
        const files = withFiles(world.files, [fileId(`open/0/${effect.attempt}/0/`)])
        return answer('writes its .open', { kind: 'done' }, { ...world, files })
      }
      case 'listDead': {
        const opened = world.files.map(fileOf).filter(({ kind }) => kind === 'open')
        const dead = opened.map(({ attempt }) => attempt).filter((a) => claimOf(a) < effect.claim)
        const decided: Record<number, string> = {}
        for (let epoch = 1; epoch < world.checkpoints.length; epoch += 1) {
          const named = attemptAt(world, epoch)
          if (named !== undefined) decided[epoch] = named
        }
        return answer(`finds dead attempts: ${dead}`, { kind: 'dead', dead, decided })
      }
      case 'clean': {
        if (actor.at.length > 0) {
          return send(
            `deletes ${actor.at.map(showFile)}`,
            { kind: 'remove', files: actor.at },
            (_, to) => react(actor, { kind: 'done' }, index, to),
          )
        }
        const judge = mutation.isDead ?? isDead
        const found = world.files.filter((id) => {
          const { kind, epoch, attempt } = fileOf(id)
          const isPrepared = kind === 'silver' || kind === 'staged' || kind === 'goldStaged'
          return isPrepared && judge(effect.graveyard, epoch, attempt)
        })
        if (found.length === 0) return answer('finds nothing to clean', { kind: 'done' })
        return go(`lists for deletion ${found.map(showFile)}`, { ...actor, at: found })
      }
      case 'survey':
        return answer('surveys', { kind: 'surveyed', ...surveyOf(world, effect.below) })
      case 'retain': {
        const requests = retainSteps(effect, world, mutation.driver)
        const done = actor.at[0] ?? 0
        return send(showRequest(requests[done]!), requests[done]!, (_, to) =>
          done + 1 < requests.length
            ? { ...actor, at: [done + 1] }
            : react(actor, { kind: 'done' }, index, to),
        )
      }
      case 'produce': {
        const { from, epoch } = effect
        if (!hasState(world, from)) return answer('misses state', missing('state'))
        const prepared = prepareEpoch(scenario, from, world.now)
        if (prepared === undefined) return answer('is at the end', { kind: 'ended' })
        if (scenario.ticks > 0) answer('is idle', { kind: 'idle', nowMs: world.now })
        const isThere = actor.ahead === epoch
        const files = isThere ? world.files : withFiles(world.files, prepared.files)
        return answer(`prepares ${epoch}`, prepared.answer, { ...world, files })
      }
      case 'discard':
        return send(
          `discards what it prepared for ${effect.checkpoint.epoch}`,
          { kind: 'remove', files: stagedBy(effect.checkpoint) },
          (_, to) => react(actor, { kind: 'done' }, index, to),
        )
      case 'stop':
      case 'fail':
        return
    }
  }

  /** The stream is one epoch ahead of the commit, as far as it may be. */
  function writeAhead(world: World, actor: Actor, go: (l: string, a: Actor, w: World) => void) {
    const { machine, ahead } = actor
    const { effect } = machine
    if (!machine.holding || ahead > 0) return
    const from =
      effect.kind === 'create'
        ? effect.checkpoint
        : effect.kind === 'readEpoch'
          ? effect.create.checkpoint
          : effect.kind === 'publish' || effect.kind === 'retain'
            ? machine.recent.at(-1)!
            : undefined
    const prepared = from && prepareEpoch(scenario, from, world.now)
    if (prepared === undefined) return
    const epoch = from!.epoch + 1
    const files = withFiles(world.files, prepared.files)
    go(`writes the files of ${epoch} ahead`, { ...actor, ahead: epoch }, { ...world, files })
  }

  return { initial, steps, actorOf: of }
}

const missing = (what: string): Answer => ({ kind: 'missing', what, again: false })
const hasState = (world: World, checkpoint: Checkpoint): boolean =>
  objectsOf(checkpoint).every((key) => world.files.includes(fileId(key)))
