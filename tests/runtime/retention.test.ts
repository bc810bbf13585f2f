import { describe, expect, it } from 'vitest'
import type { Checkpoint } from '../../src/runtime/checkpoint.ts'
import { superfluous } from '../../src/runtime/retention.ts'

const kept = (epoch: number, objects: readonly string[]): Checkpoint => ({
  formatVersion: 1,
  topology: 't',
  lineage: 'l',
  task: 's',
  epoch,
  attempt: '1-a',
  claim: false,
  positions: { inline: null, objects: [] },
  state: { dedup: { inline: null, objects } },
  identity: { source: {}, operators: {} },
  prepared: {},
  ledger: {},
  savedAtMs: 0,
  runId: 'r',
})
const two = [kept(8, ['e5', 'e8']), kept(9, ['e5', 'e9'])] as const

describe('superfluous', () => {
  it('retires what is older than the two kept checkpoints', () => {
    const checkpoints = [6, 7, 8, 9].map((epoch) => ({ epoch, attempt: `1-${epoch}` }))
    const found = { nowMs: 0, checkpoints, markers: [], objects: [] }
    expect(superfluous(two, found, 100).retire).toEqual([
      { epoch: 6, attempt: '1-6' },
      { epoch: 7, attempt: '1-7' },
    ])
  })

  it('takes old state that neither names, and none that an open epoch may come to name', () => {
    const objects = [
      ['e4', 4],
      ['e5', 5],
      ['e8', 8],
      ['uncommitted', 10],
    ].map(([key, epoch]) => ({ key: key as string, epoch: epoch as number }))
    const found = { nowMs: 0, checkpoints: [], markers: [], objects }
    expect(superfluous(two, found, 100).objects).toEqual(['e4'])
  })

  it('takes markers at the age of fenceMs', () => {
    const markers = [
      { epoch: 2, retiredAtMs: 400 },
      { epoch: 3, retiredAtMs: 401 },
    ]
    const found = { nowMs: 500, checkpoints: [], markers, objects: [] }
    expect(superfluous(two, found, 100).markers).toEqual([2])
  })
})
