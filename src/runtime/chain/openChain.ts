import type { Clock } from '../../core/clock.ts'
import { frame, giveFrame } from '../../core/framing.ts'
import type { TopologyNode } from '../../core/topology.ts'
import type { KeyBatch, Rejected, SourceBatch, WriterContext } from '../../core/unit.ts'
import { addToLedger, emptyCounts, type Ledger, type NodeCounts } from '../ledger.ts'
import type { Plan } from '../plan.ts'
import type { RowLayout } from '../../core/rows/rowLayout.ts'
import type { RowStore } from '../../core/rows/rowStore.ts'
import { rowByRow, recordsIn } from '../../core/rows/storedRows.ts'
import { openWriters, type Writers } from './openWriters.ts'
import { prepareWriters, type Preparing } from './prepareWriters.ts'
import { meetAgain } from './meetAgain.ts'
import { rowStores } from './rowStores.ts'
import { cursor } from '../../core/cursor.ts'
import { gate, type Gate } from './gate.ts'
import { keysOf, type Waiting } from './waiting.ts'
import { operatorInlet, type StartedOperator } from './operatorInlet.ts'
import { takes, type Inlet, type Wiring } from './wiring.ts'

/** What a batch waits for before its records may go on: decisions on their keys, gate by gate. */
export interface Gated {
  readonly gate: string
  readonly keys: KeyBatch
}

/**
 * The operators behind one source, fused into one function over batches: one a thread, whichever tasks of the
 * source are read there. Functions made once are optimised for what they enclose, others are not.
 */
export interface OpenChain {
  /** @param writerContext - what the writer of a sink node is opened with */
  forTask(writerContext: (node: string) => WriterContext): Promise<Chain>
}

/** One task's share of it on this thread: its batches, its writers and its counts. */
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
export function openChain(plan: Plan, clock: Clock): OpenChain {
  const envelope = cursor()
  /** What the records of the running call met, until they are added to their task's. */
  const counts = new Map<string, NodeCounts>()
  const sinks = plan.nodes.filter((node) => node.kind === 'sink')
  /** Of the task whose records run. */
  let writers: Writers = []
  /** The last of the flow first: a node is connected when all behind it are. */
  const gates = new Map<string, Gate>()
  const inlets = new Map<string, Inlet>()
  const inPlaces = new Map<string, StartedOperator['inPlace']>()
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
      const takers = takersOf(from, port)
      const inlets = takers.map(inletOf)
      if (inlets.length === 1) return inlets[0]!
      const toAll: Inlet = (record) => {
        for (const inlet of inlets) inlet(record)
      }
      return meetAgain(takers, plan.nodes) ? rowByRow(toAll) : toAll
    },
    takesRows: (node, layout) => takersOf(node, 'out').every((taker) => takesRows(taker, layout)),
    storeOf: stores.of,
    reject: (node, fate, reason, detail) =>
      rejected(node, fate, reason, detail, String(envelope.offset), envelope.raw()),
  }
  const takesRows = (taker: TopologyNode, layout: RowLayout): boolean => {
    if (taker.kind === 'sink') return writers[sinks.indexOf(taker)]!.takesRows?.(layout) === true
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
          const count = recordsIn(record)
          tally.in += count
          tally.out += count
          send(record)
        }
      }
      case 'sink': {
        const at = sinks.indexOf(node)
        return (record) => {
          tally.in += recordsIn(record)
          writers[at]!.write(record, envelope)
        }
      }
      case 'source':
      case 'models':
        throw new TypeError(`${name} takes no records`)
    }
  }

  /** Ends one stage of a batch: whoever waits now is handed over for decision, gate by gate. */
  const gated = ({ batch, bounds, waiting, stores: taken }: OpenBatch): Gated[] => {
    const next: Gated[] = []
    // The last first: what a gate lets through never comes to one where others wait.
    for (const { node, takeWaiting } of gates.values()) {
      const room = takeWaiting() ?? waiting.get(node)
      if (room === undefined) continue
      waiting.set(node, room)
      next.push({ gate: node, keys: keysOf(room, batch) })
    }
    if (next.length === 0) {
      for (const writer of writers) writer.endBatch?.()
      stores.giveBack(taken)
      if (bounds !== undefined) giveFrame(batch, bounds)
    }
    return next
  }

  let entry: Entry | undefined
  const connectAll = (): Entry => {
    const sendRecord = wiring.outlet(plan.source, 'out')
    const sendReject = wiring.outlet(plan.source, 'rejected')
    const sendInPlace = inPlaces.get(wiring.onlyTaker(plan.source)?.name ?? '')
    return { sendRecord, sendReject, sendInPlace }
  }

  const runBatch = (
    { sendRecord, sendReject, sendInPlace }: Entry,
    { batch, bounds, stores: taken }: OpenBatch,
  ): void => {
    const source = countsOf(plan.source)
    const count = batch.values?.length ?? (bounds?.length ?? 0) / 2
    envelope.open(batch, bounds)
    source.in += count
    source.out += count
    if (sendInPlace !== undefined && bounds !== undefined) {
      const bytes = bufferOf(batch.bytes!)
      stores.open(bytes, taken)
      const framed = { batch, bytes, bounds }
      for (let index = sendInPlace.onBatch(framed, 0); index < count;) {
        envelope.at(index)
        sendInPlace.onBytes(bytes, bounds[index * 2]!, bounds[index * 2 + 1]!)
        index++
        if (index < count) index += sendInPlace.onBatch(framed, index)
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
  }

  const joined = (own: Writers, connected: Entry): Chain => {
    const open = new Map<number, OpenBatch>()
    let ledger: Ledger = {}
    /** Runs one stage of a batch with this task's writers, for its ledger. */
    const stage = (seq: number, opened: OpenBatch, work: () => void): readonly Gated[] => {
      writers = own
      try {
        work()
        const next = gated(opened)
        if (next.length === 0) open.delete(seq)
        return next
      } catch (error) {
        // Whoever waits is not to be taken for another batch's.
        for (const { takeWaiting } of gates.values()) takeWaiting()
        throw error
      } finally {
        addToLedger(ledger, Object.fromEntries(counts))
        for (const tally of counts.values()) Object.assign(tally, emptyCounts())
      }
    }
    return {
      readsInPlace: connected.sendInPlace !== undefined,
      begin(seq, batch) {
        const bounds = batch.bytes === undefined ? undefined : frame(batch)
        const opened = { batch, bounds, waiting: new Map<string, Waiting>(), stores: [] }
        open.set(seq, opened)
        return stage(seq, opened, () => runBatch(connected, opened))
      },
      resume(seq, node, fates) {
        const opened = open.get(seq)!
        const room = opened.waiting.get(node)!
        opened.waiting.delete(node)
        return stage(seq, opened, () => {
          envelope.open(opened.batch, opened.bounds)
          gates.get(node)!.resume(room, fates)
        })
      },
      async relieve() {
        for (const writer of own) await writer.relieve()
      },
      prepare() {
        const counted = ledger
        ledger = {}
        return prepareWriters(sinks, own, counted)
      },
      async close() {
        for (const writer of own) await writer.close()
      },
    }
  }

  return {
    async forTask(writerContext) {
      const own = await openWriters(sinks, writerContext)
      writers = own
      entry ??= connectAll()
      return joined(own, entry)
    },
  }
}

/** Where a batch's records and rejects go first. */
interface Entry {
  readonly sendRecord: Inlet
  readonly sendReject: Inlet
  readonly sendInPlace: StartedOperator['inPlace']
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)
