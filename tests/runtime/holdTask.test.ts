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

const ticks = async (count: number, eachMs: number, then = async () => {}): Promise<void> => {
  for (let n = 0; n < count; n++) {
    await then()
    await clock.advance(eachMs)
    await begun()
  }
}

test('a lease that nobody renews is taken over, whenever the thread was busy for a while', async () => {
  const key = '_leases/feed/posts/0000000001'
  for (let busyAt = 50; busyAt < 70; busyAt++) {
    await store.replace(key, Buffer.from('{"pid":1,"host":"elsewhere"}'))
    let asked = 0
    // Looks fall at 9,980 ms; between two questions of one look 30 ms go by.
    const busy = {
      now: () => clock.now() + (asked++ >= busyAt ? 30 : 0),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms - 1, signal),
    }
    let ran = 0
    const held = holdTask({ ...options('some'), clock: busy }, 'posts', async () => ran++)
    held.catch(() => {})
    await ticks(30, 499)
    await held
    expect(ran).toBe(1)
    for await (const found of store.list('_leases/')) await store.remove(found.key)
  }
})

test('a lease that is renewed all the time is waited for 10 s', async () => {
  const key = '_leases/feed/posts/0000000001'
  const body = JSON.parse(Buffer.from((await store.read(key))!).toString()) as object
  const held = holdTask(options('some'), 'posts', never)
  const refused = expect(held).rejects.toMatchObject({ code: 'SBX_TASK_HELD' })
  let renewals = 0
  await ticks(25, 500, async () => {
    if (renewals++ % 4 === 0)
      await store.replace(key, Buffer.from(JSON.stringify({ ...body, renewals })))
  })
  await refused
})
