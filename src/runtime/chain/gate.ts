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

export function gate(node: OperatorNode, wiring: Wiring): Gate {
  const { name } = node
  const { envelope } = wiring
  const unit = node.unit as unknown as SelectingOperator<never>
  const counts = wiring.countsOf(name)
  /** By fate. */
  const ways = ['out', ...unit.ports].map((port) => ({
    port: port as 'out' | 'duplicate' | 'late',
    send: wiring.outlet(name, port),
    rejects: unit.rejecting.includes(port),
  }))
  /** Rooms that nobody waits in. */
  const rooms = new Set<Waiting>()
  let waiting: Waiting | undefined
  /** Rows of one fate that lie one behind the other. */
  let run: StoredRows | undefined

  const takeRoom = (): Waiting => {
    for (const room of rooms) {
      rooms.delete(room)
      return room
    }
    return emptyRoom()
  }
  const unfit = (key: unknown, time: unknown): TypeError =>
    new TypeError(
      `its key is ${key === null ? 'null' : `of type ${typeof key}`} and its event time ${String(time)}; a string and a finite time are needed`,
    )
  const noteTime = (room: Waiting, at: number, record: never): void => {
    const time = unit.eventTimeMs(record)
    if (!Number.isFinite(time)) throw unfit(unit.key(record), time)
    room.eventTimesMs[at] = time
  }
  const noteBoth = (room: Waiting, at: number, record: never): void => {
    const key: unknown = unit.key(record)
    if (typeof key !== 'string') throw unfit(key, unit.eventTimeMs(record))
    noteTime(room, at, record)
    fingerprint(key, room.fingerprints, at * 4)
  }
  const addRecord = (room: Waiting, record: never): void => {
    const at = room.count
    addPart(room, undefined, 1)
    try {
      noteBoth(room, at, record)
    } catch (error) {
      throw thrownOn(name, envelope, error)
    }
    room.records.push(record)
    room.indexes[at] = envelope.index
  }
  const addRows = (room: Waiting, stored: StoredRows): void => {
    const { store, rows, records, count } = stored
    const from = room.count
    addPart(room, store, count)
    room.rows.set(rows.subarray(0, count), from)
    room.indexes.set(records.subarray(0, count), from)
    const hasKeys = fingerprintField(unit.keyField, stored, room.fingerprints, from * 4)
    for (let i = 0; i < count; i++) {
      envelope.at(records[i]!)
      try {
        const record = viewOf(store, rows[i]!) as never
        if (hasKeys) noteTime(room, from + i, record)
        else noteBoth(room, from + i, record)
      } catch (error) {
        throw thrownOn(name, envelope, error)
      }
    }
  }
  const turnAway = (record: never, send: Inlet): void => {
    counts.reasons['late'] = (counts.reasons['late'] ?? 0) + 1
    const time = new Date(unit.eventTimeMs(record)).toISOString()
    const detail = `event time ${time} lies behind the watermark by more than the allowed lateness`
    send(wiring.reject(name, 'late', 'late', detail) as never)
  }
  const sendRecords = (room: Waiting, { from, to, first }: Part, fates: Uint8Array): void => {
    for (let at = from; at < to; at++) {
      envelope.at(room.indexes[at]!)
      const record = room.records[first + at - from] as never
      const { port, send, rejects } = ways[fates[at]!]!
      counts[port]++
      if (rejects) turnAway(record, send)
      else send(record)
    }
  }
  /** In order: the ways may meet again. */
  const sendRows = (
    room: Waiting,
    { from, to }: Part,
    store: RowStore,
    fates: Uint8Array,
  ): void => {
    const { rows, indexes } = room
    for (let at = from; at < to;) {
      const fate = fates[at]!
      const { port, send, rejects } = ways[fate]!
      if (rejects) {
        counts[port]++
        envelope.at(indexes[at]!)
        turnAway(viewOf(store, rows[at++]!) as never, send)
        continue
      }
      run ??= new StoredRows(store)
      run.open(store, to - at)
      for (; at < to && fates[at] === fate; at++) run.push(rows[at]!, indexes[at]!)
      counts[port] += run.count
      send(run as never)
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
      } else {
        counts.in++
        addRecord(waiting, record)
      }
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

/** Takes fingerprints of a field of rows; false where it is no text in every one, or where there is no memory. */
function fingerprintField(
  field: string | undefined,
  { store, rows, count }: StoredRows,
  into: Uint32Array,
  at: number,
): boolean {
  const slot = textSlot(store.layout, field)
  if (slot === undefined) return false
  try {
    store.columns.fingerprints(slot, rows, count, into, at)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function textSlot({ cells }: RowLayout, field: string | undefined): number | undefined {
  const cell = field === undefined ? undefined : cells.get(field)
  return cell?.kind === 'text' && !cell.mayBeNull ? cell.slot : undefined
}
