import type { Fate } from './planting.ts'

/** One record as a landing zone or a topic holds it, and what must become of it. */
export interface SimulatedRecord {
  /** Exact text, without a line end behind it. */
  readonly raw: string
  readonly fate: Fate
  readonly late: boolean
}

/** Record `index` of a seed: the same in every process, whatever was asked for before. */
export type Simulator = (index: number) => SimulatedRecord
