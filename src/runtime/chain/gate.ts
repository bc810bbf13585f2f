import { fingerprint } from '../../core/fingerprint.ts'
import type { RowLayout } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { viewOf } from '../../core/rows/rowView.ts'
import { StoredRows } from '../../core/rows/storedRows.ts'
import type { OperatorNode } from '../../core/topology.ts'
import type { SelectingOperator } from '../../core/unit.ts'
import { addPart, clear, emptyRoom, type Part, type Waiting } from './waiting.ts'
import { thrownOn, type Inlet, type Wiring } from './wiring.ts'

/** A stateful operator as seen from where records are: they wait here for a decision that falls elsewhere. */
export interface Gate {
  readonly node: string
  /** Puts a record, or stored rows, into the waiting room of the open batch. */
  readonly inlet: Inlet
  /** Empties the waiting room: undefined if nobody is in it. */
  takeWaiting(): Waiting | undefined
  /** Sends the records that waited where `fates` says; their room is then used for others. */
  resume(waiting: Waiting, fates: Uint8Array): void
}

/** Where the records go that met one fate. */
interface Way {
  readonly send: Inlet
  /** The port that they are turned away to; undefined where they leave as they came. */
  readonly turnsAway: 'late' | undefined
  count(records: number): void
  /** Of the part that is sent on. */
  rows: StoredRows | undefined
}

export function gate(node: OperatorNode, wiring: Wiring): Gate {
  const { name } = node
  const { envelope } = wiring
  const unit = node.unit as unknown as SelectingOperator<never>
  const counts = wiring.countsOf(name)
  const ports = unit.ports as readonly ('duplicate' | 'late')[]
  /** By fate. */
  const ways: readonly Way[] = [
    {
      ...{ send: wiring.outlet(name, 'out'), turnsAway: undefined, rows: undefined },
      count: (records) => (counts.out += records),
    },
    ...ports.map((port) => ({
      ...{ send: wiring.outlet(name, port), rows: undefined },
      turnsAway: unit.rejecting.includes(port) ? ('late' as const) : undefined,
      count(records: number) {
        counts[port] += records
      },
    })),
  ]
  /** Rooms that nobody waits in. */
  const rooms = new Set<Waiting>()
  let waiting: Waiting | undefined

  const takeRoom = (): Waiting => {
    for (const room of rooms) {
      rooms.delete(room)
      return room
    }
    return emptyRoom()
  }
  /** Notes the key and the time of the one at `at`, whose record this is. */
  const note = (room: Waiting, at: number, record: unknown, hasKey: boolean): void => {
    const seen = record as never
    try {
      const key: unknown = hasKey ? '' : unit.key(seen)
      const time = unit.eventTimeMs(seen)
      if (typeof key !== 'string' || !Number.isFinite(time)) {
        throw new TypeError(
          `its key is ${key === null ? 'null' : `of type ${typeof key}`} and its event time ${time}; a string and a finite time are needed`,
        )
      }
      if (!hasKey) fingerprint(key, room.fingerprints, at * 4)
      room.eventTimesMs[at] = time
    } catch (error) {
      throw thrownOn(name, envelope, error)
    }
  }
  const addRows = (room: Waiting, { store, rows, records, count }: StoredRows): void => {
    const from = room.count
    addPart(room, store, count)
    room.rows.set(rows.subarray(0, count), from)
    room.indexes.set(records.subarray(0, count), from)
    const slot = keySlot(store.layout, unit.keyField)
    if (slot !== undefined)
      store.columns.fingerprints(slot, rows, count, room.fingerprints, from * 4)
    for (let i = 0; i < count; i++) {
      envelope.at(records[i]!)
      note(room, from + i, viewOf(store, rows[i]!), slot !== undefined)
    }
  }
  const turnAway = (record: never, port: 'late', send: Inlet): void => {
    counts.reasons[port] = (counts.reasons[port] ?? 0) + 1
    const time = new Date(unit.eventTimeMs(record)).toISOString()
    const detail = `event time ${time} lies behind the watermark by more than the allowed lateness`
    send(wiring.reject(name, 'late', port, detail) as never)
  }
  const sendRecords = (room: Waiting, { from, to, first }: Part, fates: Uint8Array): void => {
    for (let at = from; at < to; at++) {
      envelope.at(room.indexes[at]!)
      const record = room.records[first + at - from] as never
      const { send, turnsAway, count } = ways[fates[at]!]!
      count(1)
      if (turnsAway === undefined) send(record)
      else turnAway(record, turnsAway, send)
    }
  }
  const sendRows = (
    room: Waiting,
    { from, to }: Part,
    store: RowStore,
    fates: Uint8Array,
  ): void => {
    const { rows, indexes } = room
    for (const way of ways) (way.rows ??= new StoredRows(store)).open(store, to - from)
    for (let at = from; at < to; at++) ways[fates[at]!]!.rows!.push(rows[at]!, indexes[at]!)
    for (const { send, turnsAway, count, rows: sent } of ways) {
      count(sent!.count)
      if (turnsAway === undefined) {
        if (sent!.count > 0) send(sent as never)
        continue
      }
      for (let i = 0; i < sent!.count; i++) {
        envelope.at(sent!.records[i]!)
        turnAway(viewOf(store, sent!.rows[i]!) as never, turnsAway, send)
      }
    }
  }
  return {
    node: name,
    inlet(record) {
      waiting ??= takeRoom()
      const taken: unknown = record
      if (taken instanceof StoredRows) {
        counts.in += taken.count
        addRows(waiting, taken)
        return
      }
      counts.in++
      const at = waiting.count
      addPart(waiting, undefined, 1)
      note(waiting, at, record, false)
      waiting.records.push(record)
      waiting.indexes[at] = envelope.index
    },
    takeWaiting() {
      const taken = waiting
      waiting = undefined
      return taken
    },
    resume(room, fates) {
      for (const part of room.parts) {
        if (part.store === undefined) sendRecords(room, part, fates)
        else sendRows(room, part, part.store, fates)
      }
      clear(room)
      rooms.add(room)
    },
  }
}

/** The slot of the field that is the key, where it is a text in every row. */
function keySlot({ cells }: RowLayout, field: string | undefined): number | undefined {
  const cell = field === undefined ? undefined : cells.get(field)
  return cell?.kind === 'text' && !cell.mayBeNull ? cell.slot : undefined
}
