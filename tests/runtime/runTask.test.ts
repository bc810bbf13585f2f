import { expect, test } from 'vitest'
import { defineTopology } from '../../src/core/defineTopology.ts'
import { days } from '../../src/core/durations.ts'
import { SinkError } from '../../src/core/errors.ts'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../src/lake/objectStore.ts'
import { closeLake, presetLake } from '../../src/lake/openLake.ts'
import { run } from '../../src/runtime/run.ts'
import { systemClock } from '../../src/runtime/systemClock.ts'
import { memorySink } from '../../src/sinks/memorySink.ts'
import { memorySource } from '../../src/sources/memorySource.ts'
import { virtualClock } from '../../src/testing/virtualClock.ts'

const CHECKPOINT = /_checkpoints\/.*\/(\d{12})$/
const epochIn = (key: string): number => Number(CHECKPOINT.exec(key)?.[1] ?? NaN)

/** A lake under a name of its own, for as long as `use` takes. */
async function inLake<T>(store: ObjectStore, use: (lake: string) => Promise<T>): Promise<T> {
  const lake = `memory:task-${crypto.randomUUID()}`
  presetLake(lake, store)
  try {
    return await use(lake)
  } finally {
    closeLake(lake)
  }
}

const numbers = (count: number) => {
  const values = Array.from({ length: count }, (_, n) => n)
  const sink = memorySink<number>()
  const topology = defineTopology('numbers', (flow) => ({
    out: flow.source('numbers', memorySource(values, { batchRecords: 1 })).to('out', sink),
  }))
  return { topology, sink }
}
/** A barrier behind every batch. */
let ticks = 0
const EVERY_BATCH = { epochMs: 1, clock: { ...systemClock, now: () => ticks++ } }

test('a checkpoint that can never be written ends the run instead of being sent for ever', async () => {
  const memory = memoryStore()
  let sent = 0
  const full: ObjectStore = {
    ...memory,
    create(key, bytes) {
      if (epochIn(key) !== 2) return memory.create(key, bytes)
      sent++
      return Promise.reject(
        new SinkError('the disk is full', { code: 'SBX_LAKE_FULL', retryable: true }),
      )
    },
  }
  const clock = { now: Date.now, sleep: () => new Promise<void>((wake) => setImmediate(wake)) }
  await inLake(full, async (lake) => {
    await expect(run(numbers(3).topology, { lake, clock }).done).rejects.toMatchObject({
      code: 'SBX_LAKE_FULL',
    })
  })
  expect(sent).toBeLessThan(10)
})

test('what a claim reads does not grow with the epochs of the attempts before', async () => {
  const memory = memoryStore()
  let reads = 0
  const counting: ObjectStore = {
    ...memory,
    read(key) {
      if (CHECKPOINT.test(key)) reads++
      return memory.read(key)
    },
  }
  await inLake(counting, async (lake) => {
    const { topology } = numbers(100)
    expect((await run(topology, { lake, ...EVERY_BATCH }).done).epochs).toBe(100)
    for (let again = 0; again < 3; again++) await run(topology, { lake }).done
    reads = 0
    await run(topology, { lake }).done
  })
  expect(reads).toBeLessThan(30)
})

test('an attempt that has been dead for the whole fence is forgotten', async () => {
  const clock = virtualClock()
  const memory = memoryStore('fence', { now: clock.now })
  const opened = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { key } of memory.list('_checkpoints/'))
      if (key.endsWith('.open')) found.push(key.split('/').at(-1)!.split('-')[0]!)
    return found
  }
  await inLake(memory, async (lake) => {
    const { topology } = numbers(1)
    const claim = () => run(topology, { lake, clock }).done
    await claim()
    await clock.advance(days(1))
    await claim()
    await clock.advance(days(6))
    await claim()
    // The first died at the second claim, six days ago; its last writes may still be on their way.
    expect(await opened()).toEqual(['1', '3', '4'])
    await clock.advance(days(1))
    await claim()
    expect(await opened()).toEqual(['3', '4', '5'])
  })
})
