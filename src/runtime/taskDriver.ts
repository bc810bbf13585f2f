import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { CheckpointError, SluiceboxError } from '../core/errors.ts'
import type { TopologyNode } from '../core/topology.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CheckpointStore } from './checkpointStore.ts'
import { commitsOf } from './commitsOf.ts'
import { isDead } from './isDead.ts'
import { addToLedger, checkLedger, type Ledger } from './ledger.ts'
import { listDead, survey } from './lookAround.ts'
import type { Answer, Effect, ProtocolTask } from './protocolEffects.ts'
import type { Produced, TaskBody } from './taskBody.ts'

/** A checkpoint is sent so often, with ever longer pauses, while no answer says whether it is there. */
const SENDS = 6
const PAUSE_MS = 100
/** The answer where the task was taken away. */
export const LEFT = Symbol('left')

export interface TaskOptions {
  readonly protocol: ProtocolTask
  readonly body: TaskBody
  readonly checkpoints: CheckpointStore
  readonly clock: Clock
  /** Nodes whose counts the ledger holds. */
  readonly nodes: readonly TopologyNode[]
  readonly signal: AbortSignal
  /**
   * Aborted: the task is another process's. What is prepared is still committed, an open epoch is dropped.
   * @defaultValue nobody takes it away
   */
  readonly leaving?: AbortSignal | undefined
  /** Compares a checkpoint with what the task is now. @throws CheckpointError if it can't go on from there */
  accept(newest: Checkpoint): void
  /** The very first claim, before it is made: nothing may be there that only a checkpoint explains. */
  acceptEmpty(): Promise<void>
  /** After a claim: what the sinks got by the last epochs that gave them any must still be there. */
  refuseLost(claim: Checkpoint): Promise<void>
  /** Judges what an epoch adds to the ledger before it is committed. @throws what ends the run */
  refuseEpoch?(epoch: number, ledger: Ledger): void
  /** An epoch was committed: `ledger` is what it added. */
  onCommit(checkpoint: Checkpoint, ledger: Ledger): void
}

/** Does what the state machine of one task asks for. */
export interface TaskDriver {
  answer(effect: Effect): Promise<Answer | typeof LEFT>
  /** Nobody waits for what is being produced any more: it must not open anything that nobody closes. */
  abandon(): void
  /** Ends the task, which others may be at already: what was prepared here and will not be committed goes. */
  leave(): Promise<void>
}

export function taskDriver(options: TaskOptions): TaskDriver {
  const { body, checkpoints, clock, protocol } = options
  /** What the epoch that waits for its commit added to the ledger. */
  let added: Ledger = {}
  /** The attempt that produces, and the last of its epochs that was counted. */
  let attempt = ''
  let counted = 0
  let next: Promise<Answer> | undefined
  /** What the body was asked for last, until its epoch is the state machine's. */
  let taking: Promise<Produced | undefined> | undefined
  /** Counts the times that somebody stopped waiting for `next`. */
  let abandoned = 0
  /** How often in a row nobody knew whether a checkpoint was written. */
  let unanswered = 0
  /** Attempts that have been dead for so long that nothing of theirs can still arrive. */
  let forgotten: readonly string[] = []
  const done: Answer = { kind: 'done' }

  const abandon = (): void => {
    abandoned++
    next?.catch(() => {})
    next = undefined
  }
  const answer = async (effect: Effect): Promise<Answer | typeof LEFT> => {
    switch (effect.kind) {
      case 'drawAttempt':
        await leave()
        return { kind: 'drawn', random: randomBytes(4).toString('hex'), nowMs: clock.now() }
      case 'readNewest': {
        const checkpoint = await checkpoints.newest()
        if (checkpoint === undefined) await options.acceptEmpty()
        else options.accept(checkpoint)
        return { kind: 'newest', checkpoint }
      }
      case 'publish':
        committed(effect.checkpoint)
        return publish(effect.checkpoint)
      case 'create':
        return create(effect.checkpoint, effect.untilMs)
      case 'readEpoch': {
        const found = await checkpoints.read(effect.epoch)
        return { kind: 'named', attempt: found?.attempt }
      }
      case 'discard':
        await discard(effect.checkpoint.prepared)
        return done
      case 'writeOpen':
        await checkpoints.markOpen(effect.attempt, body.sinks)
        return done
      case 'listDead':
        return dead(effect.claim)
      case 'clean':
        if (effect.graveyard.dead.length > 0) {
          await body.clean((epoch, attempt) => isDead(effect.graveyard, epoch, attempt))
        }
        for (const attempt of forgotten) await checkpoints.removeOpen(attempt)
        return done
      case 'survey':
        return surveyed(effect.below)
      case 'retain': {
        const { retire, objects, markers } = effect.retention
        const retiredAtMs = clock.now()
        for (const { epoch, attempt } of retire) {
          await checkpoints.retire({ formatVersion: 1, marker: true, epoch, attempt, retiredAtMs })
        }
        for (const name of objects) await checkpoints.removeObject(name)
        for (const epoch of markers) await checkpoints.removeMarker(epoch)
        return done
      }
      case 'produce':
        next ??= produce(effect.epoch, effect.from)
        return unlessIdle(next)
      case 'restage':
        return restage(effect.checkpoint)
      case 'stop':
      case 'fail':
        throw new TypeError(`no way to do '${effect.kind}'`)
    }
  }
  const leave = async (): Promise<void> => {
    abandon()
    const untaken = await body.stop()
    const last = await taking?.catch(() => undefined)
    taking = undefined
    // What can't be removed now is removed by whoever claims the task next.
    for (const { prepared } of last === undefined ? untaken : [last, ...untaken]) {
      await discard(prepared).catch(() => {})
    }
  }
  return { answer, abandon, leave }

  async function discard(prepared: Produced['prepared']): Promise<void> {
    for (const [sink, files] of Object.entries(prepared)) await body.discard(sink, files)
  }

  /** What is published was committed, also where that was only found out by reading it back. */
  function committed(checkpoint: Checkpoint): void {
    if (checkpoint.attempt !== attempt || checkpoint.epoch <= counted) return
    counted = checkpoint.epoch
    options.onCommit(checkpoint, added)
  }

  async function publish(checkpoint: Checkpoint): Promise<Answer> {
    for (const commit of commitsOf(checkpoint, body.sinks)) {
      const { missing, again = false } = await body.publish(commit)
      if (missing !== undefined) return { kind: 'missing', what: missing, again }
    }
    return done
  }

  async function restage(checkpoint: Checkpoint): Promise<Answer> {
    const prepared = { ...checkpoint.prepared }
    for (const commit of commitsOf(checkpoint, body.sinks)) {
      const restaged = (await body.restage?.(commit)) ?? { files: commit.files }
      if ('lost' in restaged) return { kind: 'missing', what: restaged.lost, again: false }
      prepared[commit.node] = restaged.files
    }
    return { kind: 'restaged', checkpoint: { ...checkpoint, prepared } }
  }

  async function create(checkpoint: Checkpoint, untilMs: number): Promise<Answer> {
    if (clock.now() >= untilMs) return { kind: 'expired' }
    try {
      const result = await checkpoints.create(checkpoint)
      unanswered = 0
      if (result === 'exists') return { kind: 'exists' }
    } catch (error) {
      unanswered++
      const isUnknown = error instanceof SluiceboxError && error.retryable
      if (!isUnknown || unanswered === SENDS) throw error
      // The first time it is rather the answer that was lost.
      if (unanswered > 1) await clock.sleep(PAUSE_MS * 2 ** unanswered, options.signal)
      return { kind: 'unknown' }
    }
    return { kind: 'created' }
  }

  async function produce(epoch: number, from: Checkpoint): Promise<Answer> {
    if (from.claim) {
      const before = abandoned
      await options.refuseLost(from)
      await body.claimed()
      // Meanwhile the task may be another's, or another attempt's: whoever stopped the body does not do so again.
      if (abandoned !== before) return { kind: 'ended' }
      const { inline, objects } = from.positions
      const positions = inline === null && objects.length === 0 ? undefined : from.positions
      const { task, runId } = from
      attempt = from.attempt
      try {
        await body.start({ positions, state: from.state }, { task, runId, epoch, attempt })
      } catch (error) {
        // Who has gone on from here may have removed it.
        const isGone = error instanceof CheckpointError && error.code === 'SBX_STATE_MISSING'
        if (!isGone || (await checkpoints.newest())?.attempt === attempt) throw error
        return { kind: 'missing', what: error.message, again: false }
      }
    }
    taking = body.next()
    const produced = await taking
    if (produced === undefined) return { kind: 'ended' }
    if (produced.epoch !== epoch) {
      throw new SluiceboxError(`prepared epoch ${produced.epoch} instead of ${epoch}`, {
        code: 'SBX_LEDGER',
        node: body.task,
      })
    }
    checkLedger(produced.ledger, options.nodes)
    options.refuseEpoch?.(epoch, produced.ledger)
    added = produced.ledger
    const ledger: Ledger = structuredClone(from.ledger) as unknown as Ledger
    addToLedger(ledger, added)
    const { positions, state, prepared } = produced
    return {
      kind: 'prepared',
      nowMs: clock.now(),
      positions,
      state,
      prepared,
      ledger: ledger as never,
    }
  }

  /** Wakes the state machine up while a task has nothing to do for long. */
  async function unlessIdle(producing: Promise<Answer>): Promise<Answer | typeof LEFT> {
    const { signal, leaving } = options
    const awake = new AbortController()
    const ends = [awake.signal, signal, ...(leaving === undefined ? [] : [leaving])]
    const idle = clock
      .sleep(protocol.fenceMs / 4, AbortSignal.any(ends))
      .then((): Answer => ({ kind: 'idle', nowMs: clock.now() }))
    try {
      const answer = await Promise.race([producing, idle])
      signal.throwIfAborted()
      if (answer.kind === 'idle' && leaving?.aborted === true) return LEFT
      if (answer.kind !== 'idle') next = taking = undefined
      return answer
    } catch (error) {
      // A source that was taken away says so when it is read.
      if (leaving?.aborted === true && !signal.aborted) return LEFT
      throw error
    } finally {
      awake.abort()
    }
  }

  async function dead(claim: number): Promise<Answer> {
    const { fenceMs } = protocol
    const found = await listDead(checkpoints, { claim, nowMs: clock.now(), fenceMs })
    forgotten = found.forgotten
    return { kind: 'dead', dead: found.dead, decided: found.decided }
  }

  async function surveyed(below: number): Promise<Answer> {
    const { fenceMs } = protocol
    return {
      kind: 'surveyed',
      ...(await survey(checkpoints, { below, nowMs: clock.now(), fenceMs })),
    }
  }
}
