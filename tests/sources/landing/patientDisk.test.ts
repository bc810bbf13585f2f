import { expect, it } from 'vitest'
import { realDisk, type DiskIo } from '../../../src/lake/diskIo.ts'
import { patientDisk } from '../../../src/sources/landing/patientDisk.ts'
import { virtualClock } from '../../../src/testing/virtualClock.ts'
import { landingZone } from './landingZone.ts'

/** A disk on which looking at anything fails so many times, with a clock that sleeping moves. */
function troubled(code: string, failures: number) {
  let nowMs = 0
  let calls = 0
  const disk: DiskIo = {
    ...realDisk,
    async lstat(path) {
      if (calls++ < failures) throw Object.assign(new Error(`${code}: injected`), { code })
      return realDisk.lstat(path)
    },
  }
  const clock = {
    ...virtualClock(0),
    now: () => nowMs,
    sleep: async (delayMs: number) => void (nowMs += delayMs),
  }
  const { signal } = new AbortController()
  return {
    patient: patientDisk({ disk, clock, signal }),
    calls: () => calls,
    waitedMs: () => nowMs,
    pass: (byMs: number) => void (nowMs += byMs),
  }
}

it('tries a call again that failed in a way that may pass', async () => {
  const { patient, waitedMs } = troubled('EIO', 2)
  expect((await patient.lstat('/')).isDirectory()).toBe(true)
  expect(waitedMs()).toBe(250)
})

it('gives up after a second', async () => {
  const { patient, calls, waitedMs } = troubled('ETIMEDOUT', Infinity)
  await expect(patient.lstat('/')).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  expect([calls(), waitedMs()]).toEqual([4, 1050])
})

it.each(['EACCES', 'ENOENT', 'ELOOP'])('takes %s for an answer', async (code) => {
  const { patient, calls } = troubled(code, Infinity)
  await expect(patient.lstat('/')).rejects.toMatchObject({ code })
  expect(calls()).toBe(1)
})

it('waits ten seconds of a minute at most, however many calls fail', async () => {
  const { patient, waitedMs, pass } = troubled('EIO', Infinity)
  const tryMany = async (): Promise<void> => {
    for (let n = 0; n < 100; n++) await patient.lstat('/').catch(() => {})
  }
  await tryMany()
  expect(waitedMs()).toBeLessThanOrEqual(10_000)
  pass(60_000)
  const beforeMs = waitedMs()
  await tryMany()
  expect(waitedMs() - beforeMs).toBeGreaterThan(9000)
})

it('reads a file that became readable, while streaming too, without a change to be seen', async () => {
  const zone = await landingZone()
  await zone.put('a.ndjson', '1\n')
  let locked = true
  const disk: DiskIo = {
    ...realDisk,
    async open(path, mode) {
      if (locked) throw Object.assign(new Error('EACCES: injected'), { code: 'EACCES' })
      return realDisk.open(path, mode)
    },
  }
  const run = await zone.open({ disk }, { mode: 'streaming' })
  await run.drain()
  await zone.advance(500)
  await run.drain()
  expect([run.reasons(), run.texts()]).toEqual([['unreadable_file a.ndjson'], []])
  locked = false
  await zone.advance(10_000)
  await run.drain()
  expect([run.reasons(), run.texts()]).toEqual([['unreadable_file a.ndjson'], ['1']])
})
