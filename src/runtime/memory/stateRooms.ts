import type { StateRoom } from '../../core/unit.ts'

/** What the stateful operators of a process may take together. */
export interface StateRooms {
  /** One more shares it. */
  open(): StateRoom
}

/**
 * Shares memory out by need: whoever needs more takes what others leave, until all of it is used. Then those who
 * have more than an equal part are short.
 */
export function stateRooms(limitBytes: number): StateRooms {
  const held = new Map<symbol, number>()
  const fairBytes = (): number => limitBytes / Math.max(1, held.size)
  const total = (): number => {
    let sum = 0
    for (const bytes of held.values()) sum += bytes
    return sum
  }
  return {
    open() {
      const own = Symbol()
      held.set(own, 0)
      return {
        fairBytes,
        isShort(bytes) {
          held.set(own, bytes)
          return bytes > fairBytes() && total() > limitBytes
        },
        close() {
          held.delete(own)
        },
      }
    },
  }
}
