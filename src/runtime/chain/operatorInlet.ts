import type { OperatorNode } from '../../core/topology.ts'
import type { NextRows } from '../../core/operator.ts'
import type { StoredRows } from '../../core/rows/storedRows.ts'
import type { InPlace, NextCheck, OnBatch, StatelessOperator } from '../../core/unit.ts'
import type { NodeCounts } from '../ledger.ts'
import { thrownOn, type Inlet, type Wiring } from './wiring.ts'

/** A stateless operator that was started. */
export interface StartedOperator {
  /** Takes one record. */
  readonly inlet: Inlet
  /** Absent where the operator takes no records where they lie in the bytes of their batch. */
  readonly inPlace: InPlaceInlet | undefined
}

export interface InPlaceInlet {
  /** Takes the record that the cursor is at. */
  onBytes(bytes: Uint8Array, start: number, end: number): void
  readonly onBatch: OnBatch
}

/** Starts a stateless operator and counts what becomes of each record. */
export function operatorInlet(node: OperatorNode, wiring: Wiring): StartedOperator {
  const { name } = node
  const { envelope } = wiring
  const unit = node.unit as StatelessOperator<never, never>
  const counts = wiring.countsOf(name)
  const sendOut = wiring.outlet(name, 'out')
  const sendRejected = wiring.outlet(name, 'rejected')
  const sendFiltered = wiring.outlet(name, 'filtered')
  const expands = unit.expands === 'many'
  const context = { node: name, clock: wiring.clock, check: nextCheck(name, wiring) }
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
  const begin = (): void => {
    counts.in++
    turnedAway = false
  }
  const end = (): void => {
    if (expands && !turnedAway) counts.consumed++
  }
  const inPlace: InPlace<never> | undefined = unit.startInPlace?.(context)
  const onRecord = unit.start(context)
  return {
    inlet(record) {
      begin()
      try {
        onRecord(record, outlet, envelope)
      } catch (error) {
        throw thrownOn(name, envelope, error)
      }
      end()
    },
    inPlace: inPlace && {
      onBytes(bytes, from, to) {
        begin()
        try {
          inPlace.onBytes(bytes, from, to, outlet, envelope)
        } catch (error) {
          throw thrownOn(name, envelope, error)
        }
        end()
      },
      onBatch(batch, from) {
        const taken = inPlace.onBatch?.(batch, from) ?? 0
        counts.in += taken
        return taken
      },
    },
  }
}

/** The check behind a node, where nobody else takes its records. */
function nextCheck(name: string, wiring: Wiring): NextCheck | undefined {
  const taker = wiring.onlyTaker(name)
  const schema = taker?.kind === 'operator' ? (taker.unit as Checking).checks : undefined
  if (taker === undefined || schema === undefined) return undefined
  const counts = wiring.countsOf(name)
  const behind = wiring.countsOf(taker.name)
  const send = wiring.outlet(taker.name, 'out') as (record: unknown) => void
  return {
    schema,
    pass(record) {
      counts.out++
      behind.in++
      behind.out++
      send(record)
    },
    rows: nextRows(name, taker.name, wiring),
  }
}

/** The projection behind a check, where nobody else takes what that lets through. */
function nextRows(name: string, check: string, wiring: Wiring): NextRows | undefined {
  const taker = wiring.onlyTaker(check)
  const projects = taker?.kind === 'operator' ? (taker.unit as Projecting).projects : undefined
  if (taker === undefined || projects === undefined) return undefined
  const passed = [name, check, taker.name].map(wiring.countsOf)
  const [counts, checked, projected] = passed as [NodeCounts, NodeCounts, NodeCounts]
  const send = wiring.outlet(taker.name, 'out') as (rows: StoredRows) => void
  return {
    projectionOf: projects,
    takes: (layout) => wiring.takesRows(taker.name, layout),
    store: wiring.storeOf,
    pass(rows) {
      const { count } = rows
      counts.out += count
      checked.in += count
      checked.out += count
      projected.in += count
      projected.out += count
      send(rows)
    },
  }
}

type Projecting = Pick<StatelessOperator<unknown, unknown>, 'projects'>
type Checking = Pick<StatelessOperator<unknown, unknown>, 'checks'>
