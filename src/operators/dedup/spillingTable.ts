import type { StateRoom } from '../../core/operator.ts'
import { release } from './entries.ts'
import { fingerprintTable, type FingerprintTable } from './fingerprintTable.ts'
import { keyShelf, type KeyShelf, type KeyShelfOptions } from './keyShelf.ts'

/** A table that puts keys aside to disk where there is no room for them. */
export interface SpillingTable extends Omit<FingerprintTable, 'drain'> {
  /** Puts all keys aside that are in memory, if together with `otherBytes` they are too much. */
  relieve(otherBytes: number): void
  close(): void
}

/** Fewer keys are not worth a file, bytes of their table. */
const LEAST_BYTES = 1 << 20

/**
 * A `fingerprintTable` that keeps to its part of the memory: where that is used up all its keys go to a file, as
 * they lie there, and the table begins anew. Of each file a filter stays in memory, 1.5 bytes a key, up to half
 * of the fair part; the oldest are dropped then, and each key is looked up in those files on disk.
 *
 * @param room - Absent: everything stays in memory.
 */
export function spillingTable(
  options: KeyShelfOptions,
  room: StateRoom | undefined,
): SpillingTable {
  const table = fingerprintTable(options.windowMs)
  let shelves: KeyShelf[] = []

  const filterBytes = (): number => shelves.reduce((sum, shelf) => sum + shelf.filterBytes(), 0)
  const isAside = (keys: Int32Array, at: number, eventTimeMs: number): boolean => {
    for (const shelf of shelves) if (shelf.has(keys, at, eventTimeMs)) return true
    return false
  }
  const close = (ended: readonly KeyShelf[]): void => {
    for (const shelf of ended) shelf.close()
  }

  return {
    add: (keys, at, eventTimeMs) =>
      !(shelves.length > 0 && isAside(keys, at, eventTimeMs)) && table.add(keys, at, eventTimeMs),
    warm: table.warm,
    forgetBefore(eventTimeMs) {
      table.forgetBefore(eventTimeMs)
      const over = shelves.filter(({ latestMs }) => latestMs < eventTimeMs)
      if (over.length === 0 || !Number.isFinite(options.windowMs)) return
      shelves = shelves.filter((shelf) => !over.includes(shelf))
      close(over)
    },
    relieve(otherBytes) {
      if (room === undefined) return
      const { bytes } = table.size()
      if (!room.isShort(bytes + otherBytes + filterBytes()) || bytes < LEAST_BYTES) return
      const segments = table.drain()
      shelves.push(keyShelf(segments, options))
      for (const { slots } of segments) release(slots)
      for (const shelf of shelves) {
        if (filterBytes() <= room.fairBytes() / 2) break
        shelf.dropFilter()
      }
      room.isShort(table.size().bytes + otherBytes + filterBytes())
    },
    size() {
      const { bytes, keys } = table.size()
      const aside = shelves.reduce((sum, shelf) => sum + shelf.keys, 0)
      return { bytes: bytes + filterBytes(), keys: keys + aside }
    },
    close() {
      close(shelves)
      shelves = []
      room?.close()
    },
  }
}
