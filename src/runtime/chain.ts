import type { Clock } from '../core/clock.ts'
import { OperatorError, SluiceboxError } from '../core/errors.ts'
import { fingerprint } from '../core/fingerprint.ts'
import { frame } from '../core/framing.ts'
import type { OperatorNode, Topology, TopologyNode } from '../core/topology.ts'
import type {
  KeyBatch,
  Operator,
  PreparedFile,
  Rejected,
  SelectingOperator,
  SourceBatch,
  StatelessOperator,
  Writer,
  WriterContext,
} from '../core/unit.ts'
import { cursor } from './envelope.ts'
import { addToLedger, emptyCounts, type Ledger, type NodeCounts } from './ledger.ts'
import type { Plan } from './plan.ts'

/** What a batch waits for before its records may go on: decisions on their keys, gate by gate. */
export interface Gated {
  readonly gate: string
  readonly keys: KeyBatch
}

/** The files that the sinks of one chain made durable, by sink node, and what the records met on their way. */
export interface PreparedChain {
  readonly files: Readonly<Record<string, readonly PreparedFile[]>>
  readonly ledger: Ledger
}

export interface ChainOptions {
  readonly topology: Topology
  readonly plan: Plan
  readonly clock: Clock
  /** Opens what the writers of this chain need, given the sink's node name. */
  writerContext(node: string): WriterContext
}

/** The operators and writers behind one source, fused into one function over batches. One thread's share. */
export interface Chain {
  /** Runs the records of a batch up to the first gates. Empty: the batch is done. */
  begin(seq: number, batch: SourceBatch): readonly Gated[]
  /** Lets the waiting records of a gate go where `fates` says, up to the next gates. */
  resume(seq: number, gate: string, fates: Uint8Array): readonly Gated[]
  /** To be awaited between batches: writers may have to write out what they hold. */
  relieve(): Promise<void>
  /** Makes everything that reached a sink since the last call durable. */
  prepare(): Promise<PreparedChain>
  close(): Promise<void>
}

interface Waiting {
  readonly records: unknown[]
  readonly indexes: number[]
  fingerprints: Uint32Array
  eventTimesMs: Float64Array
}

interface OpenBatch {
  readonly batch: SourceBatch
  readonly bounds: Uint32Array | undefined
  readonly gates: Map<string, Waiting>
}

type Inlet = (record: never) => void

/** Compiles the part of a topology behind one source. */
export function openChain(options: ChainOptions): Chain {
  const { plan, clock } = options
  const envelope = cursor()
  const writers = new Map<string, Writer<never>>()
  const counts = new Map<string, NodeCounts>()
  const inlets = new Map<string, Inlet>()
  const gates = new Map<
    string,
    { node: OperatorNode; resume: (waiting: Waiting, fates: Uint8Array) => void }
  >()
  const open = new Map<number, OpenBatch>()
  let current: OpenBatch | undefined

  const countsOf = (name: string): NodeCounts => {
    let found = counts.get(name)
    if (found === undefined) counts.set(name, (found = emptyCounts()))
    return found
  }
  const rejected = (
    node: string,
    fate: Rejected['fate'],
    reason: string,
    detail: string,
    position = String(envelope.offset),
    raw = envelope.raw(),
  ): Rejected => ({
    fate,
    reason,
    detail,
    node,
    origin: plan.source,
    source: envelope.source,
    position,
    ingestedAtMs: envelope.ingestedAtMs,
    raw,
  })

  /** Whoever takes the records of an outlet, as one function. */
  const outlet = (from: string, port: string): Inlet => {
    const takers = plan.nodes.filter((node) => takes(node, from, port)).map(inletOf)
    if (takers.length === 1) return takers[0]!
    return (record) => {
      for (const taker of takers) taker(record)
    }
  }

  const inletOf = (node: TopologyNode): Inlet => {
    let inlet = inlets.get(node.name)
    if (inlet === undefined) inlets.set(node.name, (inlet = compile(node)))
    return inlet
  }

  const compile = (node: TopologyNode): Inlet => {
    const tally = countsOf(node.name)
    if (node.kind === 'merge') {
      const send = outlet(node.name, 'out')
      return (record) => {
        tally.in++
        tally.out++
        send(record)
      }
    }
    if (node.kind === 'sink') {
      const writer = node.unit.openWriter(options.writerContext(node.name))
      writers.set(node.name, writer)
      return (record) => {
        tally.in++
        writer.write(record, envelope)
      }
    }
    if (node.kind !== 'operator') throw new TypeError(`${node.name} takes no records`)
    return node.unit.state === 'keyed'
      ? compileGate(node, node.unit as SelectingOperator<never>)
      : compileOperator(
          node,
          node.unit as Operator<never, never> as StatelessOperator<never, never>,
        )
  }

  const guard = (node: string, error: unknown): Error =>
    error instanceof SluiceboxError
      ? error
      : new OperatorError(
          `threw on the record at ${envelope.source}:${envelope.offset}: ${error instanceof Error ? error.message : String(error)}; mend the function, or let it reject such records`,
          { code: 'SBX_OPERATOR_THREW', node, cause: error },
        )

  const compileOperator = (node: OperatorNode, unit: StatelessOperator<never, never>): Inlet => {
    const { name } = node
    const tally = countsOf(name)
    const sendOut = outlet(name, 'out')
    const sendRejected = outlet(name, 'rejected')
    const sendFiltered = outlet(name, 'filtered')
    const many = unit.expands === 'many'
    let fate = false
    const onRecord = unit.start({ node: name, clock })
    const out = {
      emit(record: never) {
        tally.out++
        sendOut(record)
      },
      reject(reason: string, detail: string) {
        fate = true
        tally.rejected++
        tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1
        sendRejected(rejected(name, 'rejected', reason, detail) as never)
      },
      filter(record: unknown) {
        fate = true
        tally.filtered++
        sendFiltered(record as never)
      },
      repaired() {
        tally.repaired++
      },
    }
    return (record) => {
      tally.in++
      fate = false
      try {
        onRecord(record, out, envelope)
      } catch (error) {
        throw guard(name, error)
      }
      if (many && !fate) tally.consumed++
    }
  }

  const compileGate = (node: OperatorNode, unit: SelectingOperator<never>): Inlet => {
    const { name } = node
    const tally = countsOf(name)
    const sendOut = outlet(name, 'out')
    const ports = unit.ports.map((port) => ({
      port: port as 'duplicate' | 'late',
      send: outlet(name, port),
      rejecting: unit.rejecting.includes(port),
    }))
    gates.set(name, {
      node,
      resume({ records, indexes }, fates) {
        for (let i = 0; i < records.length; i++) {
          envelope.at(indexes[i]!)
          const record = records[i] as never
          const port = ports[fates[i]! - 1]
          if (port === undefined) {
            tally.out++
            sendOut(record)
            continue
          }
          tally[port.port]++
          if (!port.rejecting) port.send(record)
          else {
            tally.reasons[port.port] = (tally.reasons[port.port] ?? 0) + 1
            const detail = `event time ${new Date(unit.eventTimeMs(record)).toISOString()} lies behind the watermark by more than the allowed lateness`
            port.send(rejected(name, 'late', port.port, detail) as never)
          }
        }
      },
    })
    return (record) => {
      tally.in++
      const waiting = waitingAt(name)
      const at = waiting.records.length
      if (at === waiting.eventTimesMs.length) grow(waiting)
      try {
        const key = unit.key(record)
        const time = unit.eventTimeMs(record)
        if (typeof key !== 'string' || !Number.isFinite(time)) {
          throw new TypeError(
            `its key is ${typeof key} and its event time ${time}; a string and a finite time are needed`,
          )
        }
        fingerprint(key, waiting.fingerprints, at * 4)
        waiting.eventTimesMs[at] = time
      } catch (error) {
        throw guard(name, error)
      }
      waiting.records.push(record)
      waiting.indexes.push(envelope.index)
    }
  }

  const waitingAt = (gate: string): Waiting => {
    let waiting = current!.gates.get(gate)
    if (waiting === undefined) {
      waiting = {
        records: [],
        indexes: [],
        fingerprints: new Uint32Array(4 * FIRST_KEYS),
        eventTimesMs: new Float64Array(FIRST_KEYS),
      }
      current!.gates.set(gate, waiting)
    }
    return waiting
  }

  const gated = (seq: number, { batch, gates }: OpenBatch): Gated[] => {
    if (gates.size === 0) open.delete(seq)
    return [...gates].map(([gate, { records, fingerprints, eventTimesMs }]) => ({
      gate,
      keys: {
        count: records.length,
        fingerprints: fingerprints.subarray(0, records.length * 4),
        eventTimesMs: eventTimesMs.subarray(0, records.length),
        partition: batch.partition,
        ingestedAtMs: batch.ingestedAtMs,
      },
    }))
  }

  const source = countsOf(plan.source)
  const sendRecord = outlet(plan.source, 'out')
  const sendReject = outlet(plan.source, 'rejected')

  return {
    begin(seq, batch) {
      const bounds = batch.bytes === undefined ? undefined : frame(batch)
      current = { batch, bounds, gates: new Map() }
      open.set(seq, current)
      envelope.open(batch, bounds)
      const count = batch.values?.length ?? (bounds?.length ?? 0) / 2
      source.in += count
      source.out += count
      for (let index = 0; index < count; index++) {
        envelope.at(index)
        sendRecord((batch.values === undefined ? envelope.raw() : batch.values[index]) as never)
      }
      for (const { reason, detail, position, raw } of batch.rejects ?? []) {
        source.in++
        source.rejected++
        source.reasons[reason] = (source.reasons[reason] ?? 0) + 1
        sendReject(rejected(plan.source, 'rejected', reason, detail, position, raw) as never)
      }
      return gated(seq, current)
    },
    resume(seq, gate, fates) {
      current = open.get(seq)!
      const waiting = current.gates.get(gate)!
      current.gates.delete(gate)
      envelope.open(current.batch, current.bounds)
      gates.get(gate)!.resume(waiting, fates)
      return gated(seq, current)
    },
    async relieve() {
      for (const writer of writers.values()) await writer.relieve()
    },
    async prepare() {
      const prepared = await Promise.all(
        [...writers].map(async ([node, writer]) => [node, await writer.prepare()] as const),
      )
      const ledger: Ledger = {}
      addToLedger(ledger, Object.fromEntries(counts))
      for (const [name] of counts) Object.assign(countsOf(name), emptyCounts())
      return { files: Object.fromEntries(prepared), ledger }
    },
    async close() {
      for (const writer of writers.values()) await writer.close()
    },
  }
}

const FIRST_KEYS = 2048

function grow(waiting: Waiting): void {
  const { fingerprints, eventTimesMs } = waiting
  waiting.fingerprints = new Uint32Array(fingerprints.length * 2)
  waiting.fingerprints.set(fingerprints)
  waiting.eventTimesMs = new Float64Array(eventTimesMs.length * 2)
  waiting.eventTimesMs.set(eventTimesMs)
}

function takes(node: TopologyNode, from: string, port: string): boolean {
  if (node.kind === 'source' || node.kind === 'models') return false
  const inputs = node.kind === 'operator' ? [node.input] : node.inputs
  return inputs.some((input) => input.node === from && input.port === port)
}
