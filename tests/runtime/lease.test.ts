import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seconds } from '../../src/core/durations.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../src/lake/objectStore.ts'
import {
  acquireLease,
  RENEW_MS,
  STALE_MS,
  type Holder,
  type Lease,
} from '../../src/runtime/lease.ts'
import { ownIdentity, type ProcessIdentity } from '../../src/lake/processIdentity.ts'
import { virtualClock, type VirtualClock } from '../../src/testing/virtualClock.ts'

const folder = '_leases/tweet-lake/tweets/'
const keyOf = (generation: number): string => `${folder}${String(generation).padStart(10, '0')}`
const elsewhere: ProcessIdentity = { ...ownIdentity(), host: 'another host', pid: 4711 }

let clock: VirtualClock
let store: ObjectStore
let isReachable: boolean
let stop: AbortController
beforeEach(() => {
  clock = virtualClock()
  const memory = memoryStore('leases', { now: () => clock.now() })
  isReachable = true
  store = {
    ...memory,
    replace: (key, bytes) =>
      isReachable ? memory.replace(key, bytes) : Promise.reject(new Error('unreachable')),
  }
  stop = new AbortController()
})
afterEach(() => stop.abort())

const options = (runId = 'run-1') => ({ store, topology: 'tweet-lake', runId, clock })
const acquire = (onWait: (holder: Holder) => void = () => {}, runId?: string) =>
  acquireLease(options(runId), 'tweets', stop.signal, onWait)
const held = async (runId?: string): Promise<Lease> => (await acquire(undefined, runId))!

const write = (generation: number, holder: ProcessIdentity, renewals = 0, released = false) =>
  store.replace(
    keyOf(generation),
    Buffer.from(JSON.stringify({ ...holder, runId: 'run-0', renewals, released })),
  )
const read = async (generation: number) => {
  const bytes = await store.read(keyOf(generation))
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
}
/** Lets time pass in small steps: whoever wakes up finishes what he does before it goes on. */
const pass = async (ms: number): Promise<void> => {
  for (let left = ms; ; left -= 500) {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    if (left <= 0) return
    await clock.advance(Math.min(left, 500))
  }
}
/** Waits for the task and tells when it has it. */
const waiting = (onWait?: (holder: Holder) => void) => {
  const seen: { lease?: Lease | undefined } = {}
  const ended = acquire(onWait).then((lease) => (seen.lease = lease))
  return { seen, ended }
}

describe('acquireLease', () => {
  it('takes a task that nobody holds, and says who has it', async () => {
    const lease = await held()
    expect(await read(1)).toMatchObject({ ...ownIdentity(), runId: 'run-1', renewals: 0 })
    expect(lease.lost.aborted).toBe(false)
    await lease.release()
  })

  it('renews every 2 s', async () => {
    const lease = await held()
    await pass(3 * RENEW_MS)
    expect(await read(1)).toMatchObject({ renewals: 3 })
    await lease.release()
  })

  it('waits while the holder renews, and names him', async () => {
    await write(1, elsewhere)
    const holders: Holder[] = []
    const { seen, ended } = waiting((holder) => holders.push(holder))
    for (let renewals = 1; renewals <= 10; renewals += 1) {
      await pass(RENEW_MS)
      await write(1, elsewhere, renewals)
    }
    expect(seen.lease).toBeUndefined()
    expect(holders.at(-1)).toMatchObject({ host: 'another host', runId: 'run-0', generation: 1 })
    stop.abort()
    expect(await ended).toBeUndefined()
  })

  it('takes the next generation when it has seen no renewal for 10 s', async () => {
    await write(1, elsewhere)
    const { seen, ended } = waiting()
    await pass(STALE_MS - seconds(1))
    expect(seen.lease).toBeUndefined()
    await pass(seconds(1))
    await ended
    expect(await read(2)).toMatchObject(ownIdentity())
    expect(await read(1)).toBeUndefined()
    await seen.lease!.release()
  })

  it('counts the 10 s anew with every renewal that it sees', async () => {
    await write(1, elsewhere)
    const { seen, ended } = waiting()
    await pass(STALE_MS - seconds(1))
    await write(1, elsewhere, 1)
    await pass(STALE_MS - seconds(1))
    expect(seen.lease).toBeUndefined()
    await pass(seconds(2))
    await (await ended)!.release()
  })

  it('takes over at once from a process of this host that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    await write(1, { ...ownIdentity(), pid, startTicks: '1' })
    await (await held()).release()
  })

  it.runIf(process.platform === 'linux')(
    'takes over at once where the pid belongs to another process by now',
    async () => {
      await write(1, { ...ownIdentity(), startTicks: '1' })
      await (await held()).release()
    },
  )

  it('takes over at once what was released', async () => {
    await (await held('run-1')).release()
    await (await held('run-2')).release()
    expect(await read(2)).toMatchObject({ runId: 'run-2', released: true })
  })

  it('waits for a lease that nobody can read until it is stale', async () => {
    await store.replace(keyOf(1), Buffer.from('not a lease'))
    const { seen, ended } = waiting()
    await pass(STALE_MS - seconds(1))
    expect(seen.lease).toBeUndefined()
    await pass(seconds(1))
    await (await ended)!.release()
  })

  it('gives up when whoever waits throws', async () => {
    await write(1, elsewhere)
    const impatient = acquire(() => {
      throw new RangeError('enough')
    })
    await expect(impatient).rejects.toThrow('enough')
  })

  it('lets one of two have it', async () => {
    const both = [waiting(), waiting()]
    await pass(seconds(1))
    const leases = both.map(({ seen }) => seen.lease).filter((lease) => lease !== undefined)
    expect(leases).toHaveLength(1)
    stop.abort()
    await leases[0]!.release()
  })
})

describe('a lease', () => {
  it('is lost when another generation is there', async () => {
    const lease = await held()
    await write(2, elsewhere)
    await pass(RENEW_MS)
    expect(lease.lost.aborted).toBe(true)
    await lease.release()
    expect(await read(2)).toMatchObject({ released: false })
  })

  it('outlives a store that fails for a while', async () => {
    const lease = await held()
    isReachable = false
    await pass(STALE_MS - RENEW_MS)
    isReachable = true
    await pass(RENEW_MS)
    expect(lease.lost.aborted).toBe(false)
    await lease.release()
  })

  it('is lost when it could not be renewed for as long as others wait', async () => {
    const lease = await held()
    isReachable = false
    await pass(STALE_MS)
    expect(lease.lost.aborted).toBe(true)
  })

  it('is not renewed after its release', async () => {
    const lease = await held()
    await lease.release()
    await pass(seconds(60))
    expect(await read(1)).toMatchObject({ renewals: 0, released: true })
  })
})
