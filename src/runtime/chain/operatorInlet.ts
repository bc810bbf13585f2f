import type { OperatorNode } from '../../core/topology.ts'
import type { StatelessOperator } from '../../core/unit.ts'
import { thrownOn, type Inlet, type Wiring } from './wiring.ts'

/** Starts a stateless operator and counts what becomes of each record. */
export function operatorInlet(node: OperatorNode, wiring: Wiring): Inlet {
  const { name } = node
  const { envelope } = wiring
  const unit = node.unit as StatelessOperator<never, never>
  const counts = wiring.countsOf(name)
  const sendOut = wiring.outlet(name, 'out')
  const sendRejected = wiring.outlet(name, 'rejected')
  const sendFiltered = wiring.outlet(name, 'filtered')
  const expands = unit.expands === 'many'
  const onRecord = unit.start({ node: name, clock: wiring.clock })
  let turnedAway = false

  const outlet = {
    emit(record: never) {
      counts.out++
      sendOut(record)
    },
    reject(reason: string, detail: string) {
      turnedAway = true
      counts.rejected++
      counts.reasons[reason] = (counts.reasons[reason] ?? 0) + 1
      sendRejected(wiring.reject(name, 'rejected', reason, detail) as never)
    },
    filter(record: unknown) {
      turnedAway = true
      counts.filtered++
      sendFiltered(record as never)
    },
    repaired() {
      counts.repaired++
    },
  }
  return (record) => {
    counts.in++
    turnedAway = false
    try {
      onRecord(record, outlet, envelope)
    } catch (error) {
      throw thrownOn(name, envelope, error)
    }
    if (expands && !turnedAway) counts.consumed++
  }
}
