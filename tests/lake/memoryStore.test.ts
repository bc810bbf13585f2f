import { expect, test } from 'vitest'

import { memoryStore } from '../../src/lake/memoryStore.ts'
import { objectStoreContract } from './objectStore.contract.ts'

objectStoreContract('memoryStore', { open: async () => memoryStore() })

test('takes the time of changes from the clock that it is given', async () => {
  const store = memoryStore('clocked', { now: () => 42 })
  await store.create('a', new Uint8Array(1))
  for await (const { modifiedMs } of store.list('')) expect(modifiedMs).toBe(42)
})
