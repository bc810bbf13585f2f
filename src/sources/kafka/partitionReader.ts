import { SourceError } from '../../core/errors.ts'
import type { SourceBatch, SourceContext, SourceReader } from '../../core/unit.ts'
import type { Doing } from '../../kafka/kafkaError.ts'
import { readBatchHeader } from '../../kafka/wire/batchHeader.ts'
import type { BatchHeader } from '../../kafka/wire/batchHeader.ts'
import type { AbortedTransaction } from '../../kafka/wire/fetchResponse.ts'
import { unpack } from '../../kafka/wire/unpack.ts'
import { unreadable } from './fetcher.ts'
import type { Lane } from './lane.ts'
import { positionOf } from './position.ts'
import { valueList, valueRoom } from './valueList.ts'
import type { OpenRecords, ValueList } from './valueList.ts'

export interface PartitionReaderOptions {
  readonly topic: string
  readonly lane: Lane
  /** Where it begins, and where it ends: Infinity for never. */
  readonly from: number
  readonly until: number
  readonly maxRecordBytes: number
  readonly context: SourceContext
  readonly doing: Doing
  /** Aborted: the partition is another member's. */
  readonly revoked: AbortSignal
  /** For lag monitors: where the reader stands. */
  onPosition(offset: number): void
  onClose(): void
}

/** How long a reader that is not at its end waits for data, ms. */
const WAIT_MS = 200
const LINE_FEED = 10
const GOOD_FILL = 0.5

/** A chunk that is being read. */
interface OpenChunk {
  readonly bytes: Buffer
  /** Where its next record batch begins. */
  at: number
  readonly transactions: Transactions
}

/** Those of one answer that were given up. */
interface Transactions {
  /** Begin further on. */
  readonly pending: AbortedTransaction[]
  /** Whose records are no records now. */
  readonly dead: Set<number>
}

/** Turns the record batches of a lane into source batches. */
export function partitionReader(options: PartitionReaderOptions): SourceReader {
  const { topic, lane, until, context, doing, revoked } = options
  const source = `${topic}/${lane.partition}`
  let position = options.from
  let chunk: OpenChunk | undefined
  let records: OpenRecords | undefined
  let behindRecords = position
  let broken: SourceError | undefined
  const room = valueRoom()

  /** Goes to the next record batch that has something to read; false where nothing waits. */
  const openNext = async (): Promise<boolean> => {
    for (;;) {
      if (chunk === undefined || chunk.at >= chunk.bytes.length) {
        const next = lane.shift()
        if (next === undefined) return false
        const { bytes, aborted } = next
        const begun = aborted && { pending: [...aborted], dead: new Set<number>() }
        chunk = { bytes, at: 0, transactions: begun ?? chunk!.transactions }
      }
      const header = readBatchHeader(chunk.bytes, chunk.at)!
      chunk.at = header.end
      if (
        isDead(header, chunk.transactions) ||
        header.records === 0 ||
        header.nextOffset <= position
      ) {
        position = Math.min(Math.max(header.nextOffset, position), until)
        continue
      }
      records = await openRecords(chunk.bytes, header)
      behindRecords = header.nextOffset
      return true
    }
  }

  const fill = async (values: ValueList): Promise<void> => {
    while (position < until && values.oversized === undefined) {
      if (records === undefined && !(await openNext())) return
      const open = records!
      position = values.take(open, position, until)
      if (open.left > 0) return
      // Compaction may have taken the last records of the batch.
      position = Math.min(Math.max(position, behindRecords), until)
      records = undefined
      // A chunk that fills a batch well enough is given away as it is: a second one would cost a copy.
      const isGood = values.count > 0 && values.bytes >= context.batchBytes * GOOD_FILL
      if (isGood && isRead(open.bytes)) return
    }
  }

  /** Whether nothing is left to be read in a buffer, so that it may be given away. */
  const isRead = (bytes: Buffer): boolean =>
    records?.bytes !== bytes && (chunk?.bytes !== bytes || chunk.at >= bytes.length)

  /** From the first record of a batch to where the next one begins. */
  const stretch = (from: number) => ({ from, to: position })

  const gather = async (): Promise<SourceBatch | undefined> => {
    const values = valueList(context.batchBytes, options.maxRecordBytes, room)
    try {
      await fill(values)
    } catch (cause) {
      broken = unreadable(doing, lane.partition, position, cause)
      throw broken
    }
    const { oversized } = values
    const origin = { partition: lane.partition, source, ingestedAtMs: context.clock.now() }
    if (oversized !== undefined) {
      return {
        ...origin,
        baseOffset: Number(oversized.position),
        bytes: oversized.raw,
        framing: 'bounds',
        bounds: new Uint32Array(0),
        rejects: [oversized],
        // One that is no line stands in quarantine only.
        bronze: oversized.raw.includes(LINE_FEED)
          ? { kind: 'none' }
          : { kind: 'append', extension: '.ndjson', ...stretch(Number(oversized.position)) },
      }
    }
    if (values.count === 0) return undefined
    const { special, ...taken } = values.finish(isRead)
    const bronze = {
      kind: 'values' as const,
      special,
      ...stretch(taken.offsets?.[0] ?? taken.baseOffset),
    }
    return { ...origin, ...taken, framing: 'bounds', bronze }
  }

  return {
    async read() {
      for (let waitedAt = -1; ; waitedAt = position) {
        if (context.signal.aborted) return undefined
        if (revoked.aborted) throw wasRevoked(source, context.node)
        if (broken !== undefined) throw broken
        const batch = await gather()
        if (batch !== undefined) return batch
        if (position >= until) return undefined
        if (lane.failure !== undefined) throw lane.failure
        if (context.mode === 'streaming' && waitedAt === position) return undefined
        await lane.arrival(context.clock, WAIT_MS)
      }
    },
    position() {
      options.onPosition(position)
      return { inline: positionOf(position) }
    },
    async close() {
      lane.close()
      options.onClose()
    },
  }
}

/** Whether a batch has no records to be read: a marker, or a part of a transaction that was given up. */
function isDead(header: BatchHeader, { pending, dead }: Transactions): boolean {
  while (pending[0] !== undefined && pending[0].firstOffset < header.nextOffset) {
    dead.add(pending.shift()!.producerId)
  }
  if (!header.isControl) return header.isTransactional && dead.has(header.producerId)
  // The end of a transaction, given up or not: what follows of this producer is another one.
  dead.delete(header.producerId)
  return true
}

function wasRevoked(source: string, node: string): SourceError {
  return new SourceError(
    `${source} is another's since the last rebalance; claim again what this process was given`,
    { code: 'SBX_KAFKA_REVOKED', node, retryable: true },
  )
}

async function openRecords(bytes: Buffer, header: BatchHeader): Promise<OpenRecords> {
  const { baseOffset, recordsAt, end, codec, records } = header
  if (codec === 0) return { bytes, baseOffset, at: recordsAt, left: records }
  const unpacked = await unpack(codec, bytes.subarray(recordsAt, end))
  return { bytes: unpacked, baseOffset, at: 0, left: records }
}
