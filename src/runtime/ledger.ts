import { SluiceboxError } from '../core/errors.ts'
import { inputsOf, type TopologyNode } from '../core/topology.ts'

/** What one node has seen so far. Plain numbers: they add up over batches, epochs and tasks. */
export interface NodeCounts {
  /** Records that reached the node; a source's are those it read. */
  in: number
  /** Records it sent on its main outlet. */
  out: number
  /** Records of which it made any number of others, none included. */
  consumed: number
  filtered: number
  duplicate: number
  late: number
  rejected: number
  repaired: number
  /** Rejected and late records by reason. */
  reasons: Record<string, number>
}

/** Counts by node name. */
export type Ledger = Record<string, NodeCounts>

type Tally = Exclude<keyof NodeCounts, 'reasons'>
const TALLIES: readonly Tally[] = [
  'in',
  'out',
  'consumed',
  'filtered',
  'duplicate',
  'late',
  'rejected',
  'repaired',
]

export const emptyCounts = (): NodeCounts => ({
  in: 0,
  out: 0,
  consumed: 0,
  filtered: 0,
  duplicate: 0,
  late: 0,
  rejected: 0,
  repaired: 0,
  reasons: {},
})

/** Adds `more` to `ledger`, in place. */
export function addToLedger(ledger: Ledger, more: Readonly<Ledger>): void {
  for (const [node, counts] of Object.entries(more)) {
    const sum = (ledger[node] ??= emptyCounts())
    for (const tally of TALLIES) sum[tally] += counts[tally]
    for (const [reason, n] of Object.entries(counts.reasons)) {
      sum.reasons[reason] = (sum.reasons[reason] ?? 0) + n
    }
  }
}

/** A ledger holds no record that came in and did not come out by a known way. */
export function checkLedger(ledger: Readonly<Ledger>, nodes: readonly TopologyNode[]): void {
  const of = (name: string): NodeCounts => ledger[name] ?? emptyCounts()
  const sent = (node: string, port: string): number => {
    if (port === 'out') return of(node).out
    return TALLIES.includes(port as Tally) ? of(node)[port as Tally] : Number.NaN
  }
  for (const node of nodes) {
    if (node.kind === 'models') continue
    const counts = of(node.name)
    if (node.kind !== 'source') {
      const received = inputsOf(node).reduce((sum, input) => sum + sent(input.node, input.port), 0)
      if (received !== counts.in) {
        throw unbalanced(node.name, `${received} records were sent to it, ${counts.in} arrived`)
      }
    }
    if (node.kind === 'sink') continue
    const expands =
      node.kind === 'operator' && 'expands' in node.unit && node.unit.expands === 'many'
    const main = expands ? counts.consumed : counts.out
    const accounted = main + counts.filtered + counts.duplicate + counts.late + counts.rejected
    if (accounted !== counts.in) {
      throw unbalanced(
        node.name,
        `in ${counts.in} ≠ ${main} ${expands ? 'consumed' : 'out'} + ${counts.filtered} filtered + ` +
          `${counts.duplicate} duplicate + ${counts.late} late + ${counts.rejected} rejected`,
      )
    }
  }
}

function unbalanced(node: string, numbers: string): SluiceboxError {
  return new SluiceboxError(
    `the ledger does not balance: ${numbers}; nothing was committed. This is a bug in the operator or in the runtime, please report it`,
    { code: 'SBX_LEDGER', node },
  )
}
