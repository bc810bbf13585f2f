import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isGone, ownIdentity } from '../../src/runtime/processIdentity.ts'

describe('isGone', () => {
  it('knows that this process lives', () => {
    expect(isGone(ownIdentity())).toBe(false)
  })

  it('knows that a process of this host has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    expect(isGone({ ...ownIdentity(), pid })).toBe(true)
  })

  it.runIf(process.platform === 'linux')('is not deceived by a pid that is used again', () => {
    expect(isGone({ ...ownIdentity(), startTicks: '1' })).toBe(true)
  })

  it('can say nothing of other hosts', () => {
    expect(isGone({ host: 'another host', pid: 1, startTicks: '1' })).toBe(false)
  })
})
