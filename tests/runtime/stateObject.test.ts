import { expect, it } from 'vitest'
import { encodeStateObject, parseStateObject } from '../../src/runtime/stateObject.ts'

const key = '_checkpoints/flow/l/tweets/state/000000000002-1-a-dedup-0'
const bytes = Buffer.from('some\nkeys \0\xff')
const stored = encodeStateObject(bytes)
const parse = (object?: Uint8Array): Uint8Array => parseStateObject(object, key, 'dedup')

it('gives back what was stored', () => {
  expect(Buffer.from(parse(stored))).toEqual(bytes)
  expect(parse(encodeStateObject(new Uint8Array(0)))).toHaveLength(0)
})

it('refuses every flipped byte', () => {
  for (let at = 0; at < stored.length; at++) {
    const flipped = Uint8Array.from(stored)
    flipped[at]! ^= 0x20
    expect(() => parse(flipped), String(at)).toThrow(
      expect.objectContaining({ code: 'SBX_STATE_DAMAGED', node: 'dedup' }),
    )
  }
})

it('refuses one that was cut off, or is empty', () => {
  for (let length = 0; length < stored.length; length++) {
    expect(() => parse(stored.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'SBX_STATE_DAMAGED' }),
    )
  }
})

it('says which one is gone, and what to do', () => {
  expect(() => parse()).toThrow(
    expect.objectContaining({
      code: 'SBX_STATE_MISSING',
      message: `dedup: the state object ${key} can't be used: it is gone. Put it back from a copy of the lake, or let dedup begin anew, without what it remembers, with --drop-state dedup`,
    }),
  )
})
