import type { Answer, Effect } from '../../../src/runtime/protocolEffects.ts'
import { advance, begin, type State } from '../../../src/runtime/taskProtocol.ts'
import { interner } from './interner.ts'
import { publishSteps } from './lakeFiles.ts'
import type { Scenario } from './scenario.ts'
import { bodyId, type World } from './world.ts'

/** One process: the protocol's state, and where its driver is inside the effect. */
export interface Actor {
  readonly machine: State
  /** What the driver has found out for the effect that it is at; empty at its start. */
  readonly at: readonly number[]
  /** Attempts that this process has used up. */
  readonly lives: number
  /** The epoch whose files were written before it was their turn; 0 if none. */
  readonly ahead: number
}

const NOTHING: readonly number[] = []

/** The states that the processes of a scenario can be in, and how an answer changes them. */
export function actorStates(scenario: Scenario) {
  const { mutation } = scenario
  const machines = interner<State>()
  const machineIds = new WeakMap<State, number>()
  const actors = interner<Actor>()
  const answers = new Map<State, Map<string, State>>()

  const machineId = (machine: State): number => {
    const known = machineIds.get(machine)
    if (known !== undefined) return known
    const id = machines.id(JSON.stringify(machine), () => machine)
    machineIds.set(machine, id)
    return id
  }
  const actorId = (actor: Actor): number =>
    actors.id(
      `${machineId(actor.machine)} ${actor.lives} ${actor.ahead} ${actor.at.join()}`,
      () => actor,
    )

  const next = (machine: State, answer: Answer, world: World): State => {
    if (mutation.advance !== undefined) return mutation.advance(machine, answer, world, advance)
    const said = spell(answer)
    const after = answers.get(machine) ?? new Map<string, State>()
    const known = after.get(said)
    if (known !== undefined) return known
    const to = machines.of(machineId(advance(machine, answer)))
    answers.set(machine, after.set(said, to))
    return to
  }

  /** Steps that touch nothing that others could see are taken at once. */
  const local = (actor: Actor, index: number, world: World): Actor => {
    const { effect } = actor.machine
    const answer = localAnswer(effect, actor, index, world)
    return answer === undefined
      ? actor
      : local({ ...actor, machine: next(actor.machine, answer, world) }, index, world)
  }
  const localAnswer = (
    effect: Effect,
    actor: Actor,
    index: number,
    world: World,
  ): Answer | undefined => {
    if (effect.kind === 'drawAttempt') {
      if (scenario.ticks > 0 || !mayDraw(actor, index, world)) return undefined
      return { kind: 'drawn', random: nameOf(index, actor.lives), nowMs: 0 }
    }
    if (effect.kind === 'publish' && publishSteps(scenario, effect.checkpoint).length === 0) {
      return { kind: 'done' }
    }
    if (!scenario.cleaning && effect.kind === 'writeOpen') return { kind: 'done' }
    if (!scenario.cleaning && effect.kind === 'listDead')
      return { kind: 'dead', dead: [], decided: {} }
    const isClean = effect.kind === 'clean' && effect.graveyard.dead.length === 0
    return isClean && mutation.isDead === undefined ? { kind: 'done' } : undefined
  }
  const mayDraw = (actor: Actor, index: number, world: World): boolean => {
    const others = world.actors.slice(0, scenario.attempts).filter((_, at) => at !== index)
    const used = others.reduce((sum, id) => sum + actors.of(id).lives, actor.lives)
    return used <= scenario.reclaims
  }
  const react = (actor: Actor, answer: Answer, index: number, world: World): Actor => {
    const machine = next(actor.machine, answer, world)
    if (machine === actor.machine) return { ...actor, at: NOTHING }
    // A claim that was refused has left nothing under its name: the name may be drawn again.
    const isUsedUp =
      machine.effect.kind === 'drawAttempt' && (actor.machine.holding || answer.kind === 'expired')
    const isTaken = answer.kind === 'prepared' || machine.effect.kind === 'drawAttempt'
    return local(
      {
        machine,
        at: NOTHING,
        lives: actor.lives + (isUsedUp ? 1 : 0),
        ahead: isTaken ? 0 : actor.ahead,
      },
      index,
      world,
    )
  }

  const initial = actorId({ machine: begin(task(scenario)), at: NOTHING, lives: 0, ahead: 0 })

  return { initial, idOf: actorId, of: actors.of, mayDraw, react }
}

/** The random part of an attempt's name: whose it is, and which of his. */
export const nameOf = (index: number, lives: number): string => `${'ABC'[index]}${lives}`

function spell(answer: Answer): string {
  if (answer.kind === 'newest') return `newest ${answer.checkpoint && bodyId(answer.checkpoint)}`
  const isBare = answer.kind === 'done' || answer.kind === 'unknown'
  return isBare ? answer.kind : JSON.stringify(answer)
}

const task = (scenario: Scenario) => ({
  topology: 't',
  lineage: 'l',
  task: 's',
  runId: 'r',
  identity: { source: {}, operators: {} },
  dropState: [],
  whenLost: 'claim' as const,
  fenceMs: scenario.ticks > 0 ? scenario.fenceTicks : Infinity,
  surveyMs: scenario.surveys ? 0 : Infinity,
})
