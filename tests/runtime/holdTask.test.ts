import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import { ownIdentity } from '../../src/lake/processIdentity.ts'
import type { ObjectStore } from '../../src/lake/objectStore.ts'
import { holdTask, type HoldOptions } from '../../src/runtime/holdTask.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtualClock.ts'

let clock: VirtualClock
let store: ObjectStore
let stopping: AbortController
let giveUp: AbortController
beforeEach(async () => {
  clock = virtualClock()
  store = memoryStore('hold', { now: clock.now })
  stopping = new AbortController()
  giveUp = new AbortController()
  const holder = { ...ownIdentity(), runId: 'another run', renewals: 0, released: false }
  await store.create('_leases/feed/posts/0000000001', Buffer.from(JSON.stringify(holder)))
})

const options = (patience: HoldOptions['patience']): HoldOptions => ({
  ...{ store, topology: 'feed', runId: 'run', clock, patience, logger: silentLogger },
  ...{ held: new Set<string>(), signal: giveUp.signal, stopping: stopping.signal },
})
const never = (): Promise<never> => Promise.reject(new Error('the task was not free'))
const begun = () => new Promise((resolve) => setImmediate(resolve))

test.each(['any', 'some'] as const)(
  'a %s run that is closed does not wait for what another run holds',
  async (patience) => {
    const held = holdTask(options(patience), 'posts', never)
    await begun()
    stopping.abort()
    await expect(held).resolves.toBeUndefined()
  },
)

test('a run that is closed still finishes what is free', async () => {
  await store.remove('_leases/feed/posts/0000000001')
  stopping.abort()
  let ran = 0
  await holdTask(options('some'), 'posts', async () => ran++)
  expect(ran).toBe(1)
})

test('a run that is given up says so', async () => {
  const held = holdTask(options('some'), 'posts', never)
  await begun()
  giveUp.abort()
  await expect(held).rejects.toMatchObject({ name: 'AbortError' })
})
