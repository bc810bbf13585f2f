import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../src/core/errors.ts'
import {
  encodeCheckpoint,
  isMarker,
  objectsOf,
  parseCheckpoint,
  type Checkpoint,
  type Marker,
} from '../../src/runtime/checkpoint.ts'

const checkpoint: Checkpoint = {
  formatVersion: 1,
  topology: 'tweet-lake',
  lineage: '0123456789abcdef',
  task: 'tweets-0',
  epoch: 7,
  attempt: '5-9f1c22ab',
  claim: false,
  positions: { inline: { offset: 42 }, objects: ['landing-1'] },
  state: { dedup: { inline: null, objects: ['keys-1', 'keys-2'] } },
  identity: {
    source: { kind: 'kafka', topic: 'tweets' },
    operators: { dedup: { type: 'windowDedup', options: { windowMs: 1000 } } },
  },
  prepared: { bronze: [{ key: 'bronze/a', bytes: 9, checksum: 3, records: 1, staged: 's/a' }] },
  ledger: { tweets: { in: 1 } },
  savedAtMs: 1_700_000_000_000,
  runId: 'run-1',
}
const marker: Marker = {
  formatVersion: 1,
  marker: true,
  epoch: 7,
  attempt: '5-9f1c22ab',
  retiredAtMs: 1_700_000_000_000,
}
const key = '_checkpoints/tweet-lake/0123456789abcdef/tweets-0/000000000007'
const refusal = (bytes: Uint8Array, at = key): CheckpointError => {
  try {
    parseCheckpoint(bytes, at)
  } catch (error) {
    if (error instanceof CheckpointError) return error
    throw error
  }
  throw new Error('it was accepted')
}
const sealed = (body: unknown): Uint8Array => encodeCheckpoint(body as Checkpoint)

describe('encodeCheckpoint, parseCheckpoint', () => {
  it('gives back what was written', () => {
    expect(parseCheckpoint(encodeCheckpoint(checkpoint), key)).toEqual(checkpoint)
    expect(parseCheckpoint(encodeCheckpoint(marker), key)).toEqual(marker)
  })

  it('writes the same bytes for the same checkpoint, as a commit that is sent again needs', () => {
    expect(encodeCheckpoint(structuredClone(checkpoint))).toEqual(encodeCheckpoint(checkpoint))
  })

  it('tells markers from checkpoints', () => {
    expect([marker, checkpoint].map(isMarker)).toEqual([true, false])
  })

  it('refuses a file that was cut off, wherever', () => {
    const bytes = encodeCheckpoint(checkpoint)
    for (let length = 0; length < bytes.length; length += 1) {
      expect(refusal(bytes.subarray(0, length)).code).toBe('SBX_CHECKPOINT_DAMAGED')
    }
  })

  it('refuses a file in which any one bit was flipped', () => {
    const bytes = encodeCheckpoint(checkpoint)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Uint8Array.from(bytes)
        flipped[at]! ^= 1 << bit
        expect(refusal(flipped).code).toBe('SBX_CHECKPOINT_DAMAGED')
      }),
    )
  })

  it('refuses arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(refusal(bytes).code).toBe('SBX_CHECKPOINT_DAMAGED')
      }),
    )
  })

  it('says which file, what is wrong and what to do', () => {
    const { message } = refusal(encodeCheckpoint(checkpoint).subarray(0, 200))
    expect(message).toContain(key)
    expect(message).toMatch(/\d+ bytes follow its first line, \d+ were written/)
    expect(message).toContain('start over in an empty lake')
  })

  it('refuses a later format by its number', () => {
    const text = Buffer.from(encodeCheckpoint(checkpoint)).toString()
    const later = Buffer.from(text.replace('sluicebox-checkpoint 1', 'sluicebox-checkpoint 2'))
    expect(refusal(later).message).toContain('format version is 2, this release reads 1')
  })

  it.each([
    ['a missing field', { ...checkpoint, attempt: undefined }, 'attempt'],
    ['a wrong type', { ...checkpoint, epoch: '7' }, 'epoch'],
    ['a negative number', { ...marker, retiredAtMs: -1 }, 'retiredAtMs'],
    ['a file without a checksum', { ...checkpoint, prepared: { b: [{ key: 'k' }] } }, 'prepared'],
    ['state that is no list', { ...checkpoint, state: { dedup: { inline: 1 } } }, 'state'],
  ])('refuses %s, by name', (_what, body, field) => {
    expect(refusal(sealed(body)).message).toContain(`its field ${field} is`)
  })

  it('refuses a checkpoint that was copied to another epoch or lineage', () => {
    const bytes = encodeCheckpoint(checkpoint)
    expect(refusal(bytes, key.replace('07', '08')).message).toContain('that of epoch 7')
    const elsewhere = key.replace('0123456789abcdef', 'fedcba9876543210')
    expect(refusal(bytes, elsewhere).message).toContain('another lineage')
  })
})

describe('objectsOf', () => {
  it('names the objects of the source and of every stateful node', () => {
    expect(objectsOf(checkpoint)).toEqual(['landing-1', 'keys-1', 'keys-2'])
  })
})
