import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { allOf } from '../core/allOf.ts'
import type { Clock } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import type { BatchWriter, Selector, SourceBatch, SourceReader } from '../core/unit.ts'
import type { Gated } from './chain/openChain.ts'
import { prepareFiles, type PreparedChain } from './chain/prepareWriters.ts'
import { addToLedger, emptyCounts } from './ledger.ts'
import type { Plan } from './plan.ts'
import type { TaskBytes } from './memory/underWay.ts'
import type { Runner, Writing } from './runner.ts'
import type { KeptState } from './checkpoint.ts'
import { oneByOne } from './oneByOne.ts'
import { keepState, type Produced, type StateObject } from './taskBody.ts'

export interface EpochStreamOptions {
  readonly plan: Plan
  readonly clock: Clock
  readonly mode: 'micro-batch' | 'streaming'
  readonly reader: SourceReader
  readonly runner: Runner
  readonly batchWriters: ReadonlyMap<string, BatchWriter>
  readonly selectors: ReadonlyMap<string, Selector>
  /** Under which names the first epoch is written; the epoch counts up from there. */
  readonly writing: Writing
  /** Where the last checkpoint stands: an epoch that stays there is not prepared. */
  readonly position: Json
  /** A barrier is due after this long, ms … */
  readonly epochMs: number
  /** … or after this many bytes of input. */
  readonly epochBytes: number
  /** How many batches may be under way … */
  readonly depth: number
  /** … and how many bytes. */
  readonly bytes: TaskBytes
  /** Aborted: finish the epoch and end. */
  readonly stopping: AbortSignal
  /** Aborted: end at once, prepare nothing. */
  readonly signal: AbortSignal
  /** Makes a state object durable. */
  writeObject(name: string, bytes: Uint8Array): Promise<void>
  onRead(batch: SourceBatch): void
  /** From here on files are written under these names. */
  onNextEpoch(writing: Writing): void
  onCaughtUp(): void
}

interface Barrier {
  /** Where the source stands, and the new objects that say so. */
  readonly position: KeptState
  readonly objects: readonly StateObject[]
}
type Item = { readonly batch: SourceBatch } | Barrier

/** An epoch that is being made durable while the next one runs. */
interface Preparing {
  readonly produced: Promise<Produced>
}

/** How long a source with nothing new is left alone, ms. */
const POLL_MS = 200
/** So many state objects are written at once: each waits for the disk. */
const WRITTEN_AT_ONCE = 4

/**
 * The data path of one task: a Readable of batches with barriers among them, a Transform that runs the
 * chain over them, and a Writable that hands prepared epochs over one by one. `pipeline()` joins them, so
 * an epoch that nobody takes holds the source back.
 */
export function epochStream(options: EpochStreamOptions): {
  /** The next prepared epoch, or undefined at the end of the input. Rejects with what broke the stream. */
  next(): Promise<Produced | undefined>
  /** Ends the stream and everything in it. */
  close(): Promise<void>
  /** Epochs that were prepared and not taken, once the stream and all that it writes with are closed. */
  untaken(): Promise<readonly Produced[]>
} {
  const abort = new AbortController()
  const signal = AbortSignal.any([options.signal, abort.signal])
  const handoff = oneByOne<Produced>()
  const preparing = new Set<Promise<Produced>>()
  const reading = readItems(options, AbortSignal.any([signal, options.stopping]))
  const done = pipeline(
    Readable.from(reading, { highWaterMark: 2 }),
    (items: AsyncIterable<Item>) => runChain(options, items, preparing),
    new Writable({
      objectMode: true,
      // One that is made durable or waits to be taken; the next one runs meanwhile.
      highWaterMark: 2,
      write({ produced }: Preparing, _encoding, callback) {
        const taken = (): boolean => preparing.delete(produced)
        produced
          .then(handoff.give)
          .then(taken)
          .then(() => callback(), callback)
      },
    }),
    { signal },
  )
  done.then(handoff.end, handoff.fail)
  return {
    next: handoff.take,
    async close() {
      abort.abort()
      await done.catch(() => {})
      // A stream that broke elsewhere does not wait for the read that is under way.
      await reading.return()
      options.bytes.close()
    },
    async untaken() {
      const settled = await Promise.allSettled(preparing)
      return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    },
  }
}

/** @param ending - Aborted when nobody needs to wait for more. */
async function* readItems(
  options: EpochStreamOptions,
  ending: AbortSignal,
): AsyncGenerator<Item, void> {
  const { reader, clock, stopping } = options
  let writing = options.writing
  let last = JSON.stringify(options.position)
  let started = clock.now()
  let bytes = 0
  let moved = false
  let caughtUp = false
  for (;;) {
    await options.bytes.room(ending)
    // Whoever closed this stream waits for it to end, and does not want an epoch any more.
    if (ending.aborted && !stopping.aborted) return
    const batch = stopping.aborted ? undefined : await reader.read()
    if (batch !== undefined) {
      options.bytes.take(sizeOf(batch))
      bytes += sizeOf(batch)
      moved = true
      caughtUp = false
      options.onRead(batch)
      yield { batch }
    }
    const ended = batch === undefined && (options.mode === 'micro-batch' || stopping.aborted)
    if (ended || clock.now() - started >= options.epochMs || bytes >= options.epochBytes) {
      const { inline, add = [], keep = [] } = await reader.position()
      const now = JSON.stringify(inline)
      if (moved || now !== last || add.length > 0) {
        const objects: StateObject[] = []
        const snapshot = { inline, add, keep }
        const position = keepState(
          writing,
          '_source',
          snapshot,
          objects,
          reader.added?.bind(reader),
        )
        yield { position, objects }
        writing = { ...writing, epoch: writing.epoch + 1 }
      }
      last = now
      started = clock.now()
      bytes = 0
      moved = false
    }
    if (ended) return
    if (batch === undefined) {
      if (!caughtUp && !moved) {
        caughtUp = true
        options.onCaughtUp()
      }
      await clock.sleep(Math.min(POLL_MS, options.epochMs), ending)
    }
  }
}

/**
 * Keeps up to `depth` batches under way and lets them pass the gates in order of arrival. Behind a barrier the next
 * epoch runs while files of the one before are on their way to the disk; at the next barrier they must be there.
 */
async function* runChain(
  options: EpochStreamOptions,
  items: AsyncIterable<Item>,
  prepared: Set<Promise<Produced>>,
): AsyncGenerator<Preparing> {
  const { runner, selectors, batchWriters } = options
  let writing = options.writing
  let preparing: Promise<Produced> | undefined
  let seq = 0
  let underWay: Promise<void>[] = []
  const finishing = new Set<Promise<unknown>>()

  /** Resolves when the batch has passed its gates; what is left of it goes to `underWay`. */
  const pass = async (
    number: number,
    size: number,
    begun: Promise<readonly Gated[]>,
  ): Promise<void> => {
    let gated = await begun
    while (gated[0] !== undefined) {
      const { gate: node, keys } = gated[0]
      const resumed = runner.resume(number, node, selectors.get(node)!.select(keys))
      resumed.catch(() => {})
      // Behind an only gate nothing needs to be in order any more.
      if (selectors.size === 1) {
        finishing.add(resumed)
        resumed.then(
          () => {
            finishing.delete(resumed)
            options.bytes.give(size)
          },
          () => {},
        )
        return
      }
      gated = await resumed
    }
    options.bytes.give(size)
  }

  for await (const item of items) {
    if ('batch' in item) {
      for (const writer of batchWriters.values()) await writer.writeBatch(item.batch)
      const number = seq++
      // Its buffer may be another thread's in a moment.
      const size = sizeOf(item.batch)
      const begun = runner.begin(number, item.batch)
      begun.catch(() => {})
      const before = underWay.at(-1)
      const passed = Promise.resolve(before).then(() => pass(number, size, begun))
      passed.catch(() => {})
      underWay.push(passed)
      if (underWay.length >= options.depth) await underWay.shift()
      if (finishing.size >= options.depth) await Promise.race(finishing)
      continue
    }
    await Promise.all(underWay)
    await Promise.all(finishing)
    underWay = []
    await preparing
    const next = { ...writing, epoch: writing.epoch + 1 }
    const objects = [...item.objects]
    const state: Record<string, KeptState> = {}
    for (const [node, selector] of selectors) {
      const snapshot = await selector.snapshot()
      state[node] = keepState(writing, node, snapshot, objects, selector.added)
    }
    const copies = prepareFiles(batchWriters)
    const stored = storeObjects(options, objects)
    const chain = runner.prepare(next)
    const reached = { positions: item.position, state }
    preparing = producedOf(options, writing.epoch, chain, copies.files, stored, reached)
    // Whoever takes the epoch hears of it.
    preparing.catch(() => {})
    prepared.add(preparing)
    await copies.cut
    options.onNextEpoch(next)
    yield { produced: preparing }
    writing = next
  }
}

/** All of them are durable, or none is being written any more. */
async function storeObjects(
  { writeObject }: EpochStreamOptions,
  objects: readonly StateObject[],
): Promise<void> {
  for (let at = 0; at < objects.length; at += WRITTEN_AT_ONCE) {
    const some = objects.slice(at, at + WRITTEN_AT_ONCE)
    await allOf(some.map(({ name, bytes }) => writeObject(name, bytes)))
  }
}

async function producedOf(
  { plan }: EpochStreamOptions,
  epoch: number,
  chain: Promise<PreparedChain>,
  copies: Promise<PreparedChain['files']>,
  stored: Promise<void>,
  reached: Pick<Produced, 'positions' | 'state'>,
): Promise<Produced> {
  const [{ files, ledger }, copied] = await Promise.all([chain, copies, stored]).catch(
    async (error: unknown) => {
      // Nothing is written any more when somebody hears of it.
      await stored.catch(() => {})
      throw error
    },
  )
  const read = ledger[plan.source]?.out ?? 0
  for (const node of Object.keys(copied))
    addToLedger(ledger, { [node]: { ...emptyCounts(), in: read } })
  return { epoch, ...reached, prepared: { ...files, ...copied }, ledger }
}

const sizeOf = (batch: SourceBatch): number => batch.bytes?.byteLength ?? 0
