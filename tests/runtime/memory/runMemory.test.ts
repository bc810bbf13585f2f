import { expect, test } from 'vitest'
import { memoryShares } from '../../../src/runtime/memory/memoryShares.ts'
import { runMemory } from '../../../src/runtime/memory/runMemory.ts'

test('divides among sources and projects what is theirs', () => {
  const shares = memoryShares({ memory: '2GiB', parallelism: 2, models: true })
  const memory = runMemory(shares, 3, 2)
  expect(memory.queuedBytes).toBe(shares.queuedBytes / 3)
  expect(memory.databaseBytes).toBe(shares.databaseBytes / 2)
  expect(memory.rooms!.open().fairBytes()).toBe(shares.stateBytes)
})

test('bounds nothing where there is no budget', async () => {
  const { underWay, rooms, queuedBytes, databaseBytes } = runMemory(undefined, 1, 1)
  expect([rooms, queuedBytes, databaseBytes]).toEqual([undefined, undefined, undefined])
  const task = underWay.open()
  task.take(2 ** 40)
  await task.room(new AbortController().signal)
})
