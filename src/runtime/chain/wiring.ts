import type { Clock } from '../../core/clock.ts'
import { OperatorError, SluiceboxError } from '../../core/errors.ts'
import type { RowLayout } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { inputsOf, type TopologyNode } from '../../core/topology.ts'
import type { Envelope, Rejected } from '../../core/unit.ts'
import type { NodeCounts } from '../ledger.ts'
import type { Cursor } from '../../core/cursor.ts'

/** Where a node takes records in: a record, or `StoredRows` in the place of several. */
export type Inlet = (record: never) => void

/** What the nodes of one chain are connected with. */
export interface Wiring {
  readonly clock: Clock
  readonly envelope: Cursor
  countsOf(node: string): NodeCounts
  /** Whoever takes the records of an outlet, as one function. */
  outlet(node: string, port: string): Inlet
  /** The node that takes a node's records, if there is only one. */
  onlyTaker(node: string): TopologyNode | undefined
  /** Whether whoever takes the records of a node also takes stored rows of this layout. */
  takesRows(node: string, layout: RowLayout): boolean
  /** The store for rows of the batch that is being read. */
  storeOf(layout: RowLayout): RowStore
  /** The current record as a value of a `rejected` or `late` port. */
  reject(node: string, fate: Rejected['fate'], reason: string, detail: string): Rejected
}

/** What a user's function threw, with the record that it threw on. */
export function thrownOn(node: string, envelope: Envelope, error: unknown): Error {
  if (error instanceof SluiceboxError) return error
  const what = error instanceof Error ? error.message : String(error)
  return new OperatorError(
    `threw on the record at ${envelope.source}:${envelope.offset}: ${what}; mend the function, or let it reject such records`,
    { code: 'SBX_OPERATOR_THREW', node, cause: error },
  )
}

/** Whether a node takes what another one sends on that port. */
export function takes(node: TopologyNode, from: string, port: string): boolean {
  return inputsOf(node).some((input) => input.node === from && input.port === port)
}
