import type { MemoryShares } from './memoryShares.ts'
import { stateRooms, type StateRooms } from './stateRooms.ts'
import { underWay, type UnderWay } from './underWay.ts'

/** What the tasks of one run share of the process's memory. */
export interface RunMemory {
  readonly underWay: UnderWay
  /** Absent: state may take what it needs. */
  readonly rooms?: StateRooms | undefined
  /** Of each source that fetches ahead, bytes. Absent: what the sources say. */
  readonly queuedBytes?: number | undefined
  /** Of each database that builds models. Absent: what the units say. */
  readonly databaseBytes?: number | undefined
}

/**
 * @param sources - how many there are
 * @param models - how many nodes build models
 */
export function runMemory(
  shares: MemoryShares | undefined,
  sources: number,
  models: number,
): RunMemory {
  if (shares === undefined) return { underWay: underWay(Infinity) }
  return {
    underWay: underWay(shares.underWayBytes),
    rooms: stateRooms(shares.stateBytes),
    queuedBytes: shares.queuedBytes / Math.max(1, sources),
    databaseBytes: shares.databaseBytes / Math.max(1, models),
  }
}
