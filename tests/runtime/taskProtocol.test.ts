import { describe, expect, it } from 'vitest'
import type { Answer, Effect, Epoch, ProtocolTask } from '../../src/runtime/protocolEffects.ts'
import type { Checkpoint } from '../../src/runtime/checkpoint.ts'
import { advance, begin, type State } from '../../src/runtime/taskProtocol.ts'

const task: ProtocolTask = {
  topology: 'tweet-lake',
  lineage: 'l',
  task: 'tweets-0',
  runId: 'run-1',
  identity: { source: { node: 'tweets', root: '/landing' }, operators: {} },
  dropState: [],
  whenLost: 'claim',
  fenceMs: 1000,
  surveyMs: 10_000,
}
const epoch = (nowMs: number): Answer & Epoch => ({
  kind: 'prepared',
  nowMs,
  positions: { inline: nowMs, objects: [] },
  state: { dedup: { inline: null, objects: [`keys-${nowMs}`] } },
  prepared: { bronze: [{ key: `b-${nowMs}`, bytes: 1, checksum: 1, records: 1 }] },
  ledger: { read: nowMs },
})
const done: Answer = { kind: 'done' }
const created: Answer = { kind: 'created' }
const drawn = (random: string, nowMs: number): Answer => ({ kind: 'drawn', random, nowMs })
const newest = (checkpoint?: Checkpoint): Answer => ({ kind: 'newest', checkpoint })
const named = (attempt?: string): Answer => ({ kind: 'named', attempt })
const play = (state: State, ...answers: readonly Answer[]): State => answers.reduce(advance, state)
const effectOf = <Kind extends Effect['kind']>(
  { effect }: State,
  kind: Kind,
): Effect & { kind: Kind } => {
  expect(effect.kind).toBe(kind)
  return effect as Effect & { kind: Kind }
}

/** Holds the task from epoch 1 on. */
const noGraves: Answer = { kind: 'dead', dead: [], decided: {} }
const holding = (change: Partial<ProtocolTask> = {}): State =>
  play(begin({ ...task, ...change }), drawn('a', 100), newest(), created, done, noGraves, done)

describe('advance', () => {
  it('claims an empty history before it reads anything', () => {
    const state = play(begin(task), drawn('a', 100), newest())
    expect(effectOf(state, 'create').checkpoint).toMatchObject({
      epoch: 1,
      attempt: '1-a',
      claim: true,
      prepared: {},
      savedAtMs: 100,
    })
    expect(effectOf(holding(), 'produce').epoch).toBe(2)
  })

  it('publishes the newest epoch, then claims the next with the same positions, state and ledger', () => {
    const last = effectOf(play(holding(), epoch(200)), 'create').checkpoint
    const found = play(begin(task), drawn('b', 300), newest(last))
    expect(effectOf(found, 'publish').checkpoint).toBe(last)
    const { checkpoint } = effectOf(play(found, done), 'create')
    const { positions, state, ledger } = last
    expect(checkpoint).toMatchObject({
      epoch: 3,
      attempt: '3-b',
      claim: true,
      positions,
      state,
      ledger,
    })
    expect(checkpoint.prepared).toEqual({})
  })

  it('begins again under a new name when its claim is refused', () => {
    const state = play(begin(task), drawn('a', 100), newest(), { kind: 'exists' }, named('1-b'))
    effectOf(state, 'drawAttempt')
  })

  it('sends the very same checkpoint again while the epoch is absent', () => {
    const sent = play(holding(), epoch(200))
    const { checkpoint } = effectOf(sent, 'create')
    const looking = play(sent, { kind: 'unknown' })
    expect(effectOf(looking, 'readEpoch').epoch).toBe(2)
    expect(effectOf(play(looking, named()), 'create').checkpoint).toBe(checkpoint)
    effectOf(play(looking, named('1-a')), 'publish')
  })

  it('deletes what it prepared only once another attempt is named there', () => {
    const looking = play(holding(), epoch(200), { kind: 'exists' })
    const state = play(looking, named('2-b'))
    expect(effectOf(state, 'discard').checkpoint.prepared).toHaveProperty('bronze')
    effectOf(play(state, done), 'drawAttempt')
  })

  it('leaves the task to the winner where that is the policy', () => {
    const lost = play(
      holding({ whenLost: 'stop' }),
      epoch(200),
      { kind: 'exists' },
      named('2-b'),
      done,
    )
    expect(effectOf(lost, 'stop').reason).toBe('lost')
  })

  it('does the same again when nobody knows whether it happened', () => {
    const publishing = play(holding(), epoch(200), created)
    expect(advance(publishing, { kind: 'unknown' })).toBe(publishing)
  })

  it('retires the third checkpoint, and the state that only it named', () => {
    const state = play(holding(), epoch(200), created, done, epoch(300), created)
    expect(effectOf(play(state, done), 'retain').retention).toEqual({
      retire: [{ epoch: 1, attempt: '1-a' }],
      objects: [],
      markers: [],
    })
    const next = play(state, done, done, epoch(400), created, done)
    expect(effectOf(next, 'retain').retention).toEqual({
      retire: [{ epoch: 2, attempt: '1-a' }],
      objects: ['keys-200'],
      markers: [],
    })
  })

  it('looks at everything from time to time', () => {
    const state = play(holding({ surveyMs: 50 }), epoch(200), created, done)
    expect(effectOf(state, 'survey').below).toBe(1)
  })

  it('sends no commit later than half of fenceMs after the last, and deletes what was never sent', () => {
    const state = play(holding(), epoch(200))
    expect(effectOf(state, 'create').untilMs).toBe(600)
    const expired = play(state, { kind: 'expired' })
    effectOf(expired, 'discard')
    effectOf(play(expired, done), 'drawAttempt')
  })

  it('keeps the files of a commit that may still arrive when it has become too late to send again', () => {
    const state = play(holding(), epoch(200), { kind: 'unknown' }, named(), { kind: 'expired' })
    effectOf(state, 'drawAttempt')
  })

  it('claims again when nothing has moved for half of fenceMs', () => {
    effectOf(play(holding(), { kind: 'idle', nowMs: 599 }), 'produce')
    effectOf(play(holding(), { kind: 'idle', nowMs: 600 }), 'drawAttempt')
  })

  it('leaves dropped state behind once, and keeps what was gathered since', () => {
    const last = effectOf(play(holding(), epoch(200)), 'create').checkpoint
    const found = play(
      begin({ ...task, dropState: ['dedup'] }),
      drawn('b', 300),
      newest(last),
      done,
    )
    const claim = effectOf(found, 'create').checkpoint
    expect(claim.state).toEqual({})
    expect(play(found, created).task.dropState).toEqual([])
  })

  it('begins where the source begins if it is another one, or was dropped, and keeps the rest', () => {
    const last = effectOf(play(holding(), epoch(200)), 'create').checkpoint
    const claimed = (change: Partial<ProtocolTask>) =>
      effectOf(play(begin({ ...task, ...change }), drawn('b', 300), newest(last), done), 'create')
        .checkpoint
    const moved = { source: { node: 'tweets', root: '/other' }, operators: {} }
    for (const { positions, state, ledger } of [
      claimed({ identity: moved }),
      claimed({ dropState: ['tweets'] }),
    ]) {
      expect(positions).toEqual({ inline: null, objects: [] })
      expect({ state, ledger }).toEqual({ state: last.state, ledger: last.ledger })
    }
    expect(claimed({}).positions).toEqual(last.positions)
  })

  it('remembers by sink the last epoch before that gave it files', () => {
    const first = play(holding(), epoch(200))
    expect(effectOf(first, 'create').checkpoint.latest).toEqual({})
    const none: Answer & Epoch = { ...epoch(300), prepared: { bronze: [], silver: [] } }
    const quiet = play(first, created, done, none)
    const last = effectOf(quiet, 'create').checkpoint
    expect([last.epoch, last.latest]).toEqual([3, { bronze: 2 }])
    const found = play(begin(task), drawn('b', 300), newest(last), done)
    expect(effectOf(found, 'create').checkpoint.latest).toEqual({ bronze: 2 })
    const { checkpoint } = effectOf(first, 'create')
    const takenOver = play(begin(task), drawn('b', 300), newest(checkpoint), done)
    expect(effectOf(takenOver, 'create').checkpoint.latest).toEqual({ bronze: 2 })
  })

  describe('when something that a checkpoint names is gone', () => {
    const missing: Answer = { kind: 'missing', what: 'bronze/a', again: false }
    const last = effectOf(play(holding(), epoch(200)), 'create').checkpoint
    const doubting = play(begin(task), drawn('b', 300), newest(last), missing)

    it('refuses the lake, by name, if that checkpoint is the newest', () => {
      const { code, message } = effectOf(play(doubting, newest(last)), 'fail')
      expect(code).toBe('SBX_CHECKPOINT_DAMAGED')
      expect(message).toContain('epoch 2 of tweets-0 is the newest and names bronze/a')
    })

    it('begins again if others have gone on from there', () => {
      effectOf(play(doubting, newest({ ...last, epoch: 3, attempt: '3-c' })), 'drawAttempt')
    })

    it('stages an upload that expired once more', () => {
      const expired: Answer = { ...missing, again: true }
      const state = play(begin(task), drawn('b', 300), newest(last), expired, newest(last))
      expect(effectOf(state, 'restage').checkpoint).toBe(last)
      const staged = { ...last, prepared: {} }
      const again = play(state, { kind: 'restaged', checkpoint: staged })
      expect(effectOf(again, 'publish').checkpoint).toBe(staged)
    })

    it('has lost the task if a holder misses his state and is no longer the newest', () => {
      const state = play(holding({ whenLost: 'stop' }), missing, newest(last))
      expect(effectOf(state, 'stop').reason).toBe('lost')
    })
  })

  it('refuses an answer that belongs to another effect', () => {
    expect(() => advance(begin(task), created)).toThrow("no answer 'created' belongs to the effect")
  })
})
