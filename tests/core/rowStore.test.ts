import { expect, test } from 'vitest'
import { RowStore } from '../../src/core/rows/rowStore.ts'

const layout = { cells: new Map(), texts: 0, numbers: 0, lists: 0 }

test('keeps the room that texts and lists take, but not that of one long record', () => {
  const store = new RowStore(layout)
  const fill = (bytes: number, items: number): void => {
    store.open(Buffer.alloc(0))
    store.reserveExtra(bytes)
    for (let at = 0; at < items; at++) store.pushItem(at, 1)
    store.close()
  }
  fill(1 << 20, 100_000)
  expect(store.extra.length).toBe(1 << 20)
  expect(store.items.length).toBe(1 << 18)
  fill(64 << 20, 2_000_000)
  expect(store.extra.length).toBeLessThan(1 << 20)
  expect(store.items.length).toBeLessThan(1 << 18)
})
