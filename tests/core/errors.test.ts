import { describe, expect, test } from 'vitest'
import {
  CheckpointError,
  ConfigError,
  GateError,
  OperatorError,
  SinkError,
  SluiceboxError,
  SourceError,
} from '../../src/core/errors.ts'

describe.each([ConfigError, SourceError, SinkError, OperatorError, CheckpointError, GateError])(
  '%o',
  (Kind) => {
    test('carries its code, node and cause, and is named by who must act', () => {
      const cause = new Error('ENOSPC')
      const error = new Kind('the disk is full', { code: 'SBX_TEST', node: 'silver', cause })
      expect(error).toBeInstanceOf(SluiceboxError)
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(Kind.name)
      expect(error.message).toBe('silver: the disk is full')
      expect(error).toMatchObject({ code: 'SBX_TEST', node: 'silver', retryable: false, cause })
      expect(error.stack).toContain('errors.test.ts')
    })
  },
)

test('an error without a node says just what happened', () => {
  const error = new SinkError('timed out', { code: 'SBX_TEST', retryable: true })
  expect(error).toMatchObject({ message: 'timed out', node: undefined, retryable: true })
})
