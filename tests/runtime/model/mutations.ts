import type { Scenario } from './scenario.ts'
import { checkpointAt } from './world.ts'

/** A bug that the design once had or forbids, put back into one scenario. */
export interface KnownBug {
  readonly name: string
  /** The scenario in which it does harm. */
  readonly scenario: string
  readonly mutation: Scenario['mutation']
  /** How the check names the harm. */
  readonly harm: RegExp
}

export const knownBugs: readonly KnownBug[] = [
  {
    name: 'cleaning takes every file that no checkpoint names',
    scenario: 'silver',
    mutation: { isDead: ({ decided }, epoch, attempt) => decided[epoch] !== attempt },
    harm: /LOST/,
  },
  {
    name: 'who lost goes on from the winner under the same attempt',
    scenario: 'silver',
    mutation: {
      advance(state, answer, world, advance) {
        const next = advance(state, answer)
        if (state.effect.kind !== 'discard' || next.effect.kind !== 'drawAttempt') return next
        const { attempt, epoch } = state.effect.checkpoint
        const winner = checkpointAt(world, epoch)
        if (winner === undefined) return next
        const from = { ...winner, attempt, prepared: {} }
        return { ...state, recent: [from], effect: { kind: 'produce', epoch: epoch + 1, from } }
      },
    },
    harm: /LOST|DOUBLED/,
  },
  {
    name: 'a marker names nobody',
    scenario: 'silver',
    mutation: { driver: 'reads no name from a marker' },
    harm: /LOST/,
  },
  {
    name: 'an absent commit is given up and its files are deleted',
    scenario: 'silver',
    mutation: {
      advance(state, answer, _world, advance) {
        const { effect } = state
        const isAbsent = answer.kind === 'named' && answer.attempt === undefined
        if (effect.kind !== 'readEpoch' || !isAbsent || !state.holding)
          return advance(state, answer)
        const { checkpoint } = effect.create
        return { ...state, effect: { kind: 'discard', checkpoint, lost: false } }
      },
    },
    harm: /LOST/,
  },
  {
    name: 'an attempt claims again under its own name',
    scenario: 'silver',
    mutation: {
      advance(state, answer, _world, advance) {
        const { effect } = state
        const isAbsent = answer.kind === 'named' && answer.attempt === undefined
        if (effect.kind === 'readEpoch' && isAbsent && state.holding) {
          const random = `=${effect.create.checkpoint.attempt}`
          return { ...state, random, holding: false, recent: [], effect: { kind: 'readNewest' } }
        }
        const next = advance(state, answer)
        if (next.effect.kind !== 'create' || !next.random.startsWith('=')) return next
        const checkpoint = { ...next.effect.checkpoint, attempt: next.random.slice(1) }
        return { ...next, effect: { ...next.effect, checkpoint } }
      },
    },
    harm: /LOST|DOUBLED/,
  },
  {
    name: 'a claim does not wait until the epoch before is published',
    scenario: 'silver',
    mutation: {
      advance(state, answer, _world, advance) {
        const next = advance(state, answer)
        if (state.effect.kind !== 'readNewest' || next.effect.kind !== 'publish') return next
        return advance(next, { kind: 'done' })
      },
    },
    harm: /before \d+ was published/,
  },
  {
    name: 'a log entry that was refused is sent again as it is',
    scenario: 'silver',
    mutation: { driver: 'appends again without reading the log' },
    harm: /DOUBLED/,
  },
  {
    name: 'a checkpoint is deleted before its marker is written',
    scenario: 'silver',
    mutation: { driver: 'deletes a checkpoint before it writes the marker' },
    harm: /DOUBLED/,
  },
  {
    name: 'an attempt resumes after a week without looking at the clock',
    scenario: 'fence',
    mutation: { driver: 'does not look at the clock' },
    harm: /DOUBLED/,
  },
  {
    name: 'a link without a source is taken for a loss',
    scenario: 'bronze in a folder',
    mutation: { driver: 'never looks where a link would go' },
    harm: /healthy lake/,
  },
  {
    name: 'retention keeps the state of the newest checkpoint only',
    scenario: 'state objects',
    mutation: {
      advance(state, answer, _world, advance) {
        const next = advance(state, answer)
        if (next.effect.kind !== 'retain' || state.effect.kind !== 'survey') return next
        if (answer.kind !== 'surveyed') return next
        const named = next.recent.at(-1)!.state['dedup']?.objects ?? []
        const objects = answer.objects.map(({ key }) => key).filter((key) => !named.includes(key))
        return {
          ...next,
          effect: { kind: 'retain', retention: { ...next.effect.retention, objects } },
        }
      },
    },
    harm: /deleted state/,
  },
  {
    name: 'two compactions fold the same file',
    scenario: 'two compactions',
    mutation: { driver: 'compacts without looking what is gone' },
    harm: /DOUBLED/,
  },
  {
    name: 'vacuum reads the log before it lists the files',
    scenario: 'compaction',
    mutation: { driver: 'vacuum reads the log first' },
    harm: /LOST/,
  },
  {
    name: 'vacuum deletes what a live attempt has prepared',
    scenario: 'compaction',
    mutation: { driver: 'vacuum deletes what the log does not name' },
    harm: /LOST/,
  },
  {
    name: 'gold is put in place by an ETag that is newer than the version',
    scenario: 'gold in a bucket',
    mutation: { driver: 'reads the version before the ETag' },
    harm: /in place/,
  },
]
