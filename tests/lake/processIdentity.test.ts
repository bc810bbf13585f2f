import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { isGone, ownIdentity } from '../../src/lake/processIdentity.ts'
import { isGone as isNameGone, processName } from '../../src/lake/processName.ts'

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

  it('can say nothing of other hosts, and of containers that only share its name', () => {
    const gone = { ...ownIdentity(), startTicks: '1' }
    expect(isGone({ ...gone, host: 'another host' })).toBe(false)
    expect(isGone({ ...gone, pidNamespace: '1' })).toBe(false)
  })
})

describe('a process name', () => {
  it('tells that its process lives, or has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    expect(isNameGone(processName)).toBe(false)
    expect(isNameGone(processName.replace(/-\d+-(\d*)$/, `-${pid}-$1`))).toBe(true)
    expect(isNameGone(`another.1-${pid}-1`)).toBe(false)
    expect(isNameGone('none of ours')).toBe(false)
  })
})
