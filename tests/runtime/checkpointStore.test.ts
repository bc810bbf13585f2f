import { expect, test } from 'vitest'
import { memoryStore } from '../../src/lake/memoryStore.ts'
import type { ObjectStore } from '../../src/lake/objectStore.ts'
import { NOWHERE, type Checkpoint } from '../../src/runtime/checkpoint.ts'
import { checkpointStore } from '../../src/runtime/checkpointStore.ts'

const lineage = '0123456789abcdef'
const open = (store: ObjectStore) => checkpointStore(store, 'feed', lineage, 'posts')
const epochOf = (epoch: number): Checkpoint => ({
  formatVersion: 1,
  topology: 'feed',
  lineage,
  task: 'posts',
  epoch,
  attempt: '1-00000000',
  claim: epoch === 1,
  positions: NOWHERE,
  state: {},
  identity: { source: { node: 'posts' }, operators: {} },
  prepared: {},
  ledger: {},
  savedAtMs: 0,
  runId: 'run',
})
const markerOf = (epoch: number) =>
  ({ formatVersion: 1, marker: true, epoch, attempt: '1-00000000', retiredAtMs: 0 }) as const

test('the newest checkpoint is found by a reader who was stopped while others went on', async () => {
  const memory = memoryStore()
  const others = open(memory)
  for (const epoch of [1, 2]) await others.create(epochOf(epoch))
  let isStopped = true
  const store: ObjectStore = {
    ...memory,
    async *list(prefix) {
      for await (const found of memory.list(prefix)) yield found
      if (!isStopped) return
      isStopped = false
      for (const epoch of [3, 4]) await others.create(epochOf(epoch))
      for (const epoch of [1, 2]) await others.retire(markerOf(epoch))
    },
  }
  expect((await open(store).newest())?.epoch).toBe(4)
})

test('no checkpoint is newest in a new lake', async () => {
  expect(await open(memoryStore()).newest()).toBeUndefined()
})

test('markers without the checkpoint that they led to are no beginning', async () => {
  const store = open(memoryStore())
  await store.retire(markerOf(1))
  await expect(store.newest()).rejects.toMatchObject({ code: 'SBX_CHECKPOINT_DAMAGED' })
})
