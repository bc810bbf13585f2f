import { takeBuffer } from '../../core/bufferPool.ts'
import type { Clock } from '../../core/clock.ts'
import { magicAt, MAGIC, readBatchHeader } from '../../kafka/wire/batchHeader.ts'
import type { AbortedTransaction, FetchedPartition } from '../../kafka/wire/fetchResponse.ts'

/** Whole record batches that lie behind each other in one answer, in a buffer of their own. */
export interface Chunk {
  readonly bytes: Buffer
  /** Of the answer, with its first chunk. Later ones go on with what is known of transactions by then. */
  readonly aborted?: readonly AbortedTransaction[]
}

/** What was fetched of one partition and not read yet, in order and without a gap. */
export interface Lane {
  readonly partition: number
  /** The next offset to ask for. */
  readonly fetchOffset: number
  /** Whether more is to be asked for now. */
  wants(): boolean
  /** Takes the whole batches of an answer to `fetchOffset`, as copies. */
  push(fetched: FetchedPartition): void
  /** Why nothing more will come, once all that waits is read. */
  readonly failure: Error | undefined
  fail(error: Error): void
  /** The next chunk, or nothing now. */
  shift(): Chunk | undefined
  /** Resolves when there may be something to shift, when it is closed, or after that time. */
  arrival(clock: Clock, withinMs: number): Promise<void>
  close(): void
}

export interface LaneOptions {
  readonly partition: number
  readonly from: number
  /** Where to stop asking: Infinity for never. */
  readonly until: number
  /** No more is asked for while this many bytes wait. */
  maxBytes(): number
  /** A chunk holds no more bytes than this, unless one record batch does. */
  readonly chunkBytes: number
  /** There is room again. */
  onRoom(): void
}

export function lane(options: LaneOptions): Lane {
  const { partition, until, maxBytes, chunkBytes, onRoom } = options
  const chunks: Chunk[] = []
  let fetchOffset = options.from
  let waiting = 0
  let failure: Error | undefined
  let isClosed = false
  let wake = new AbortController()

  const hasRoom = (): boolean => chunks.length === 0 || waiting < maxBytes()
  return {
    partition,
    get fetchOffset() {
      return fetchOffset
    },
    get failure() {
      return failure
    },
    wants: () => !isClosed && failure === undefined && fetchOffset < until && hasRoom(),

    push({ records, aborted }) {
      if (isClosed) return
      let start = 0
      let end = 0
      const cut = (): void => {
        if (end === start) return
        const bytes = takeBuffer(end - start).subarray(0, end - start)
        records.copy(bytes, 0, start, end)
        chunks.push({ bytes, ...(start === 0 && { aborted }) })
        waiting += bytes.length
        start = end
        wake.abort()
      }
      for (;;) {
        const magic = magicAt(records, end)
        if (magic === undefined) break
        if (magic !== MAGIC) throw new Error(`it is kept in the old message format ${magic}`)
        const header = readBatchHeader(records, end)
        if (header === undefined) break
        if (header.end - start > chunkBytes) cut()
        end = header.end
        fetchOffset = Math.max(fetchOffset, header.nextOffset)
      }
      cut()
    },

    fail(error) {
      failure ??= error
      wake.abort()
    },

    shift() {
      const chunk = chunks.shift()
      if (chunk === undefined) return undefined
      const wasFull = !hasRoom()
      waiting -= chunk.bytes.length
      if (wasFull || chunks.length === 0) onRoom()
      return chunk
    },

    async arrival(clock, withinMs) {
      if (chunks.length > 0 || failure !== undefined || isClosed) return
      wake = new AbortController()
      await clock.sleep(withinMs, wake.signal)
    },

    close() {
      isClosed = true
      chunks.length = 0
      wake.abort()
    },
  }
}
