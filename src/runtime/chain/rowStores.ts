import type { RowLayout } from '../../core/rows/rowLayout.ts'
import { RowStore } from '../../core/rows/rowStore.ts'

/** The row stores of one chain: a batch has one a layout, and gives them back when it is done. */
export interface RowStores {
  /** Begins a batch; its stores are added to `taken`. */
  open(bytes: Buffer, taken: RowStore[]): void
  /** The store for rows of the batch that was begun last. */
  of(layout: RowLayout): RowStore
  giveBack(stores: readonly RowStore[]): void
}

export function rowStores(): RowStores {
  const free: RowStore[] = []
  let bytes: Buffer | undefined
  let taken: RowStore[] = []

  const take = (layout: RowLayout): RowStore => {
    const at = free.findIndex((store) => store.layout === layout)
    const store = at === -1 ? new RowStore(layout) : free.splice(at, 1)[0]!
    store.open(bytes!)
    taken.push(store)
    return store
  }
  return {
    open(nextBytes, nextTaken) {
      bytes = nextBytes
      taken = nextTaken
    },
    of(layout) {
      for (const store of taken) if (store.layout === layout) return store
      return take(layout)
    },
    giveBack(stores) {
      for (const store of stores) {
        store.close()
        free.push(store)
      }
    },
  }
}
