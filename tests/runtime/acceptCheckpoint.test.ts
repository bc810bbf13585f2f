import { describe, expect, it } from 'vitest'
import { acceptCheckpoint, isReadAnew } from '../../src/runtime/acceptCheckpoint.ts'
import type { Checkpoint, TaskIdentity } from '../../src/runtime/checkpoint.ts'

const identity: TaskIdentity = {
  source: { node: 'tweets', kind: 'landingFiles', root: '/landing' },
  operators: { dedup: { type: 'windowDedup', options: { windowMs: 1000 } } },
}
const checkpoint: Checkpoint = {
  formatVersion: 1,
  topology: 'flow',
  lineage: 'l',
  task: 'tweets',
  epoch: 7,
  attempt: '6-a',
  claim: false,
  positions: { inline: { offset: 1 }, objects: [] },
  state: {},
  identity,
  prepared: {},
  ledger: {},
  savedAtMs: 0,
  runId: 'r',
}
const none = { dropState: [], acceptSource: [] }
const moved = { ...identity, source: { ...identity.source, root: '/elsewhere' } }
const widened = {
  ...identity,
  operators: { dedup: { type: 'windowDedup', options: { windowMs: 2000 } } },
}
const accepting =
  (now: TaskIdentity, accepted = {}, change: Partial<Checkpoint> = {}) =>
  (): void =>
    acceptCheckpoint({ ...checkpoint, ...change }, now, { ...none, ...accepted })

describe('a source that has changed', () => {
  it('is refused with what changed and the remedy', () => {
    expect(accepting(moved)).toThrow(
      expect.objectContaining({
        code: 'SBX_SOURCE_CHANGED',
        node: 'tweets',
        message: expect.stringMatching(
          /epoch 7 of tweets.*root was "\/landing", is "\/elsewhere".*--accept-source tweets/,
        ) as string,
      }),
    )
  })

  it.each([{ acceptSource: ['tweets'] }, { dropState: ['tweets'] }])('is let in by %j', (by) => {
    expect(accepting(moved, by)).not.toThrow()
  })

  it('is none where nothing was read from it yet', () => {
    const positions = { inline: null, objects: [] }
    expect(accepting(moved, {}, { positions })).not.toThrow()
    expect(accepting(widened, {}, { positions })).toThrow()
  })
})

describe('partitions that were added', () => {
  const topic = (partitions: number, cluster = 'c') => ({
    ...identity,
    source: { node: 'tweets', kind: 'kafka', cluster, partitions },
  })

  it('are refused, and once accepted go on from where they stand', () => {
    expect(accepting(topic(6), {}, { identity: topic(4) })).toThrow(
      /partitions was 4, is 6.*from where each partition stands with --accept-source tweets/,
    )
    expect(isReadAnew(topic(4), topic(6))).toBe(false)
  })

  it('are another topic where there are fewer, or the cluster is another one', () => {
    expect(isReadAnew(topic(4), topic(2))).toBe(true)
    expect(isReadAnew(topic(4), topic(6, 'd'))).toBe(true)
  })
})

describe('a topic that was made anew', () => {
  const topic = (topicId?: string | null) => ({
    ...identity,
    source: {
      node: 'tweets',
      kind: 'kafka',
      partitions: 4,
      ...(topicId !== undefined && { topicId }),
    },
  })

  it('is refused by its id, and once accepted read from its beginning', () => {
    expect(accepting(topic('b'), {}, { identity: topic('a') })).toThrow(
      /topicId was "a", is "b".*from its beginning with --accept-source tweets/,
    )
    expect(isReadAnew(topic('a'), topic('b'))).toBe(true)
  })

  it('is not known as such where either time no id was to be had', () => {
    for (const [before, now] of [
      [null, 'b'],
      ['a', null],
      [undefined, 'b'],
    ] as const) {
      expect(accepting(topic(now), {}, { identity: topic(before) })).not.toThrow()
      expect(isReadAnew(topic(before), topic(now))).toBe(false)
    }
  })
})

describe('a stateful node that has changed', () => {
  it('is refused with what changed and the remedy', () => {
    expect(accepting(widened)).toThrow(
      expect.objectContaining({
        code: 'SBX_STATE_CHANGED',
        node: 'dedup',
        message: expect.stringMatching(/windowMs was 1000, is 2000.*--drop-state dedup/) as string,
      }),
    )
  })

  it('is refused when it is gone', () => {
    expect(accepting({ ...identity, operators: {} })).toThrow(/gone or was renamed/)
  })

  it('is let in where its state is dropped', () => {
    expect(accepting(widened, { dropState: ['dedup'] })).not.toThrow()
    expect(accepting({ ...identity, operators: {} }, { dropState: ['dedup'] })).not.toThrow()
  })

  it('may be new', () => {
    const operators = { ...identity.operators, more: { type: 'windowDedup', options: {} } }
    expect(accepting({ ...identity, operators })).not.toThrow()
  })
})
