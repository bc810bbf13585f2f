import { fingerprint } from '../../core/fingerprint.ts'
import { StoredRow } from '../../core/rows/rowStore.ts'
import { viewOf } from '../../core/rows/rowView.ts'
import type { OperatorNode } from '../../core/topology.ts'
import type { KeyBatch, SelectingOperator, SourceBatch } from '../../core/unit.ts'
import { thrownOn, type Inlet, type Wiring } from './wiring.ts'

/** A stateful operator as seen from where records are: they wait here for a decision that falls elsewhere. */
export interface Gate {
  readonly node: string
  /** Puts a record into the waiting room of the open batch. */
  readonly inlet: Inlet
  /** Empties the waiting room: undefined if nobody is in it. */
  takeWaiting(): Waiting | undefined
  /** Sends the records that waited where `fates` says; their room is then used for others. */
  resume(waiting: Waiting, fates: Uint8Array): void
}

/** The records of one batch that wait at one gate. */
export interface Waiting {
  readonly records: unknown[]
  /** Their numbers in the batch: where their envelopes are. */
  readonly indexes: number[]
  fingerprints: Uint32Array
  eventTimesMs: Float64Array
}

const FIRST_CAPACITY = 512

export function gate(node: OperatorNode, wiring: Wiring): Gate {
  const { name } = node
  const { envelope } = wiring
  const unit = node.unit as unknown as SelectingOperator<never>
  const counts = wiring.countsOf(name)
  const sendOut = wiring.outlet(name, 'out')
  const ports = unit.ports.map((port) => ({
    port: port as 'duplicate' | 'late',
    send: wiring.outlet(name, port),
    rejects: unit.rejecting.includes(port),
  }))
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
  return {
    node: name,
    inlet(record) {
      counts.in++
      waiting ??= takeRoom()
      const at = waiting.records.length
      if (at === waiting.eventTimesMs.length) grow(waiting)
      try {
        const seen = seenAs(record)
        const key: unknown = unit.key(seen)
        const time = unit.eventTimeMs(seen)
        if (typeof key !== 'string' || !Number.isFinite(time)) {
          throw new TypeError(
            `its key is ${key === null ? 'null' : `of type ${typeof key}`} and its event time ${time}; a string and a finite time are needed`,
          )
        }
        fingerprint(key, waiting.fingerprints, at * 4)
        waiting.eventTimesMs[at] = time
      } catch (error) {
        throw thrownOn(name, envelope, error)
      }
      waiting.records.push(record)
      waiting.indexes.push(envelope.index)
    },
    takeWaiting() {
      const taken = waiting
      waiting = undefined
      return taken
    },
    resume(room, fates) {
      const { records, indexes } = room
      for (let i = 0; i < records.length; i++) {
        envelope.at(indexes[i]!)
        const record = records[i] as never
        const way = ports[fates[i]! - 1]
        if (way === undefined) {
          counts.out++
          sendOut(record)
          continue
        }
        const { port, send, rejects } = way
        counts[port]++
        if (!rejects) send(record)
        else {
          counts.reasons[port] = (counts.reasons[port] ?? 0) + 1
          const time = new Date(unit.eventTimeMs(seenAs(record))).toISOString()
          const detail = `event time ${time} lies behind the watermark by more than the allowed lateness`
          send(wiring.reject(name, 'late', port, detail) as never)
        }
      }
      records.length = 0
      indexes.length = 0
      rooms.add(room)
    },
  }
}

/** A stored row is shown as the record that it stands for. */
const seenAs = (record: unknown): never =>
  (record instanceof StoredRow ? viewOf(record) : record) as never

/** What the decision needs of those who wait. */
export const keysOf = (
  { records, fingerprints, eventTimesMs }: Waiting,
  { partition, ingestedAtMs }: SourceBatch,
): KeyBatch => ({
  count: records.length,
  fingerprints: fingerprints.subarray(0, records.length * 4),
  eventTimesMs: eventTimesMs.subarray(0, records.length),
  partition,
  ingestedAtMs,
})

const emptyRoom = (): Waiting => ({
  records: [],
  indexes: [],
  fingerprints: new Uint32Array(4 * FIRST_CAPACITY),
  eventTimesMs: new Float64Array(FIRST_CAPACITY),
})

function grow(waiting: Waiting): void {
  const { fingerprints, eventTimesMs } = waiting
  waiting.fingerprints = new Uint32Array(fingerprints.length * 2)
  waiting.fingerprints.set(fingerprints)
  waiting.eventTimesMs = new Float64Array(eventTimesMs.length * 2)
  waiting.eventTimesMs.set(eventTimesMs)
}
