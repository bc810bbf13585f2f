import type { Clock } from '../../core/clock.ts'
import { frame, giveFrame } from '../../core/framing.ts'
import type { TopologyNode } from '../../core/topology.ts'
import type {
  KeyBatch,
  PreparedFile,
  Rejected,
  SourceBatch,
  Writer,
  WriterContext,
} from '../../core/unit.ts'
import { addToLedger, emptyCounts, type Ledger, type NodeCounts } from '../ledger.ts'
import type { Plan } from '../plan.ts'
import type { RowLayout } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { rowStores } from './rowStores.ts'
import { cursor } from '../../core/cursor.ts'
import { gate, keysOf, type Gate, type Waiting } from './gate.ts'
import { operatorInlet, type StartedOperator } from './operatorInlet.ts'
import type { Inlet, Wiring } from './wiring.ts'

/** What a batch waits for before its records may go on: decisions on their keys, gate by gate. */
export interface Gated {
  readonly gate: string
  readonly keys: KeyBatch
}

/** An epoch of a chain that is being made durable. */
export interface Preparing {
  /** From here on batches belong to the next epoch: all writers know where this one ends. */
  readonly cut: Promise<unknown>
  readonly done: Promise<PreparedChain>
}

/** The files that the sinks of one chain made durable, by sink node, and what its records met. */
export interface PreparedChain {
  readonly files: Readonly<Record<string, readonly PreparedFile[]>>
  readonly ledger: Ledger
}

export interface ChainOptions {
  readonly plan: Plan
  readonly clock: Clock
  /** What the writer of a sink node is opened with. */
  writerContext(node: string): WriterContext
}

/** The operators and writers behind one source, fused into one function over batches. One thread's share. */
export interface Chain {
  /** Whether its first operator reads records where they lie: nothing of a batch's bytes is kept beyond it. */
  readonly readsInPlace: boolean
  /** Runs the records of a batch up to the first gates. Empty: the batch is done. */
  begin(seq: number, batch: SourceBatch): readonly Gated[]
  /** Lets the waiting records of a gate go where `fates` says, up to the next gates. */
  resume(seq: number, gate: string, fates: Uint8Array): readonly Gated[]
  /** To be awaited between batches: writers may have to write out what they hold. */
  relieve(): Promise<void>
  /** Makes everything that reached a sink since the last call durable; not called again before that is done. */
  prepare(): Preparing
  close(): Promise<void>
}

interface OpenBatch {
  readonly batch: SourceBatch
  readonly bounds: Uint32Array | undefined
  readonly waiting: Map<string, Waiting>
  /** Of rows that were read from its bytes. */
  readonly stores: RowStore[]
}

/** Compiles the part of a topology behind one source. */
export async function openChain(options: ChainOptions): Promise<Chain> {
  const { plan, clock } = options
  const envelope = cursor()
  const counts = new Map<string, NodeCounts>()
  const writers = await openWriters(options)
  /** The last of the flow first: a node is connected when all behind it are. */
  const gates = new Map<string, Gate>()
  const inlets = new Map<string, Inlet>()
  const inPlaces = new Map<string, StartedOperator['inPlace']>()
  const open = new Map<number, OpenBatch>()
  const stores = rowStores()

  const countsOf = (node: string): NodeCounts => {
    let found = counts.get(node)
    if (found === undefined) counts.set(node, (found = emptyCounts()))
    return found
  }
  const rejected = (
    node: string,
    fate: Rejected['fate'],
    reason: string,
    detail: string,
    position: string,
    raw: Uint8Array,
  ): Rejected => {
    const { source, ingestedAtMs } = envelope
    const { source: origin } = plan
    // A copy: whoever takes it may keep it for longer than the batch.
    const bytes = new Uint8Array(raw)
    return { fate, reason, detail, node, origin, source, position, ingestedAtMs, raw: bytes }
  }
  const takersOf = (from: string, port: string): TopologyNode[] =>
    plan.nodes.filter((node) => takes(node, from, port))
  const wiring: Wiring = {
    clock,
    envelope,
    countsOf,
    onlyTaker(from) {
      const takers = takersOf(from, 'out')
      return takers.length === 1 ? takers[0] : undefined
    },
    outlet(from, port) {
      const takers = takersOf(from, port).map(inletOf)
      if (takers.length === 1) return takers[0]!
      return (record) => {
        for (const taker of takers) taker(record)
      }
    },
    takesRows: (node, layout) => takersOf(node, 'out').every((taker) => takesRows(taker, layout)),
    storeOf: stores.of,
    reject: (node, fate, reason, detail) =>
      rejected(node, fate, reason, detail, String(envelope.offset), envelope.raw()),
  }
  const takesRows = (taker: TopologyNode, layout: RowLayout): boolean => {
    if (taker.kind === 'sink') return writers.get(taker.name)!.takesRows?.(layout) === true
    if (taker.kind === 'merge') return wiring.takesRows(taker.name, layout)
    if (taker.kind !== 'operator' || taker.unit.state === 'none') return false
    const { ports, rejecting } = taker.unit
    // What a gate turns away leaves it as another record.
    const ways = ['out', ...ports.filter((port) => !rejecting.includes(port))]
    return ways.every((port) => takersOf(taker.name, port).every((one) => takesRows(one, layout)))
  }
  const inletOf = (node: TopologyNode): Inlet => {
    let inlet = inlets.get(node.name)
    if (inlet === undefined) inlets.set(node.name, (inlet = connect(node)))
    return inlet
  }
  const connect = (node: TopologyNode): Inlet => {
    const { name } = node
    const tally = countsOf(name)
    switch (node.kind) {
      case 'operator': {
        if (node.unit.state === 'none') {
          const { inlet, inPlace } = operatorInlet(node, wiring)
          inPlaces.set(name, inPlace)
          return inlet
        }
        const opened = gate(node, wiring)
        gates.set(name, opened)
        return opened.inlet
      }
      case 'merge': {
        const send = wiring.outlet(name, 'out')
        return (record) => {
          tally.in++
          tally.out++
          send(record)
        }
      }
      case 'sink': {
        const writer = writers.get(name)!
        return (record) => {
          tally.in++
          writer.write(record, envelope)
        }
      }
      case 'source':
      case 'models':
        throw new TypeError(`${name} takes no records`)
    }
  }

  /** Ends one stage of a batch: whoever waits now is handed over for decision, gate by gate. */
  const gated = (seq: number, opened: OpenBatch): Gated[] => {
    const { batch, waiting } = opened
    const next: Gated[] = []
    // The last first: what a gate lets through never comes to one where others wait.
    for (const { node, takeWaiting } of gates.values()) {
      const room = takeWaiting() ?? waiting.get(node)
      if (room === undefined) continue
      waiting.set(node, room)
      next.push({ gate: node, keys: keysOf(room, batch) })
    }
    if (next.length === 0) {
      for (const writer of writers.values()) writer.endBatch?.()
      stores.giveBack(opened.stores)
      if (opened.bounds !== undefined) giveFrame(opened.batch, opened.bounds)
      open.delete(seq)
    }
    return next
  }

  const source = countsOf(plan.source)
  const sendRecord = wiring.outlet(plan.source, 'out')
  const sendReject = wiring.outlet(plan.source, 'rejected')
  const sendInPlace = inPlaces.get(wiring.onlyTaker(plan.source)?.name ?? '')

  return {
    readsInPlace: sendInPlace !== undefined,
    begin(seq, batch) {
      const bounds = batch.bytes === undefined ? undefined : frame(batch)
      const count = batch.values?.length ?? (bounds?.length ?? 0) / 2
      const opened = { batch, bounds, waiting: new Map<string, Waiting>(), stores: [] }
      open.set(seq, opened)
      envelope.open(batch, bounds)
      source.in += count
      source.out += count
      if (sendInPlace !== undefined && bounds !== undefined) {
        const bytes = bufferOf(batch.bytes!)
        stores.open(bytes, opened.stores)
        for (let index = 0; index < count; index++) {
          envelope.at(index)
          sendInPlace(bytes, bounds[index * 2]!, bounds[index * 2 + 1]!)
        }
      } else {
        for (let index = 0; index < count; index++) {
          envelope.at(index)
          sendRecord((batch.values === undefined ? envelope.raw() : batch.values[index]) as never)
        }
      }
      for (const { reason, detail, position, raw } of batch.rejects ?? []) {
        source.in++
        source.rejected++
        source.reasons[reason] = (source.reasons[reason] ?? 0) + 1
        sendReject(rejected(plan.source, 'rejected', reason, detail, position, raw) as never)
      }
      return gated(seq, opened)
    },
    resume(seq, node, fates) {
      const opened = open.get(seq)!
      const room = opened.waiting.get(node)!
      opened.waiting.delete(node)
      envelope.open(opened.batch, opened.bounds)
      gates.get(node)!.resume(room, fates)
      return gated(seq, opened)
    },
    async relieve() {
      for (const writer of writers.values()) await writer.relieve()
    },
    prepare() {
      const ledger: Ledger = {}
      addToLedger(ledger, Object.fromEntries(counts))
      for (const tally of counts.values()) Object.assign(tally, emptyCounts())
      const cuts: Promise<unknown>[] = []
      const preparing = [...writers].map(async ([node, writer]) => {
        const files = writer.prepare()
        if (writer.cutsAtOnce !== true) cuts.push(files)
        return [node, await files] as const
      })
      const done = Promise.all(preparing).then((all) => ({
        files: Object.fromEntries(all),
        ledger,
      }))
      return { cut: Promise.all(cuts), done }
    },
    async close() {
      for (const writer of writers.values()) await writer.close()
    },
  }
}

async function openWriters({
  plan,
  writerContext,
}: ChainOptions): Promise<ReadonlyMap<string, Writer<never>>> {
  const writers = new Map<string, Writer<never>>()
  try {
    for (const node of plan.nodes) {
      if (node.kind !== 'sink') continue
      writers.set(node.name, await node.unit.openWriter(writerContext(node.name)))
    }
  } catch (error) {
    await Promise.allSettled([...writers.values()].map((writer) => writer.close()))
    throw error
  }
  return writers
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

function takes(node: TopologyNode, from: string, port: string): boolean {
  if (node.kind === 'source' || node.kind === 'models') return false
  const inputs = node.kind === 'operator' ? [node.input] : node.inputs
  return inputs.some((input) => input.node === from && input.port === port)
}
