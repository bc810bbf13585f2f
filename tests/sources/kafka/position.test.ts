import { expect, test } from 'vitest'
import { offsetOf, positionOf } from '../../../src/sources/kafka/position.ts'

test.each([0, 1, 2 ** 40, Number.MAX_SAFE_INTEGER])('offset %i survives a checkpoint', (offset) => {
  const kept: unknown = JSON.parse(JSON.stringify(positionOf(offset)))
  expect(offsetOf(kept as string, 'tweets')).toBe(offset)
})

test.each([[5], ['-1'], ['1.5'], [''], ['9'.repeat(16)], [null], [{ offset: '1' }]])(
  'refuses %j',
  (position) => {
    expect(() => offsetOf(position, 'tweets')).toThrow(
      expect.objectContaining({ name: 'CheckpointError', code: 'SBX_KAFKA_POSITION' }),
    )
  },
)
