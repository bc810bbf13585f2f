import { CheckpointError, ConfigError, OperatorError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Source, SourceContext, SourceReader } from '../core/unit.ts'

export interface SimulateOptions {
  /** Which of the possible streams, an integer from 0 to 2^32 − 1. */
  readonly seed: number
  /** How many records there are, an integer of at least 0. */
  readonly count: number
  /**
   * Makes record `index` of `seed`, text or bytes without a line end. It must be a pure function: the same
   * arguments give the same bytes in every process.
   */
  readonly record: (index: number, seed: number) => Uint8Array | string
  /** How many records a second become due in streaming, above 0. @defaultValue as many as are read */
  readonly ratePerSecond?: number
}

const FIRST_BYTES = 64 * 1024
const FIRST_RECORDS = 256
/** UTF-8 takes at most three bytes for each UTF-16 code unit. */
const MAX_BYTES_A_UNIT = 3
const MAX_SEED = 2 ** 32 - 1

/**
 * Makes records instead of reading them: for demos, load tests and proofs. Record i of seed s is always
 * the same bytes, so any stretch of the stream can be made again, anywhere.
 *
 * **State**: none but the index of the next record; one batch in memory.
 *
 * **Event time**: whatever `record` writes. `ratePerSecond` paces arrival by the runtime's clock, in
 * streaming only: after a pause it catches up; in micro-batch all records are there at once.
 *
 * **Delivery**: exactly once into what a checkpoint covers: the position is the index of the next record.
 *
 * @param options - `record` is called once for each index from 0 to `count` − 1, in order, and again for
 *   those behind the last checkpoint
 * @returns a source of one partition
 * @throws ConfigError `SBX_SIMULATE_OPTIONS`; CheckpointError `SBX_POSITION_DAMAGED`; OperatorError
 *   `SBX_SIMULATE_RECORD` where `record` throws
 * @example
 * ```ts
 * const ticks = flow.source(
 *   'ticks',
 *   simulate({ seed: 1, count: 1000, record: (index) => `{"tick":${index}}` }),
 * )
 * ```
 */
export function simulate(options: SimulateOptions): Source<Uint8Array> {
  check(options)
  const { seed, count, ratePerSecond } = options
  return Object.freeze<Source<Uint8Array>>({
    kind: 'source',
    type: 'simulate',
    options: { seed, count, ...(ratePerSecond === undefined ? {} : { ratePerSecond }) },
    ports: [],
    identity: { kind: 'simulate', seed, count },
    open: async (context) => reader(options, context),
  })
}

function reader(options: SimulateOptions, context: SourceContext): SourceReader {
  const { seed, count, record, ratePerSecond } = options
  const { node, clock, batchBytes } = context
  const first = context.restored ? restored(context.restored.inline, count, node) : 0
  const openedMs = clock.now()
  let next = first
  // A record that didn't fit into the last batch.
  let waiting: Uint8Array | string | undefined

  const due = (nowMs: number): number =>
    ratePerSecond === undefined || context.mode === 'micro-batch'
      ? count
      : Math.min(count, first + Math.floor(((nowMs - openedMs) * ratePerSecond) / 1000))

  const make = (index: number): Uint8Array | string => {
    try {
      return record(index, seed)
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new OperatorError(`its function threw on record ${index} of seed ${seed}: ${text}`, {
        code: 'SBX_SIMULATE_RECORD',
        node,
        cause,
      })
    }
  }

  return {
    async read() {
      const ingestedAtMs = clock.now()
      const until = due(ingestedAtMs)
      if (next >= until) return undefined
      const baseOffset = next
      const batch = batchBuffer(batchBytes)
      while (next < until) {
        const content = waiting ?? make(next)
        const fits = batch.add(content)
        waiting = fits ? undefined : content
        if (!fits) break
        next++
      }
      const source = `seed/${seed}`
      return {
        partition: 0,
        source,
        ingestedAtMs,
        framing: 'bounds',
        baseOffset,
        ...batch.content(),
      }
    },
    position: () => ({ inline: next }),
    close: async () => {},
  }
}

/** Records end to end in one buffer, which grows up to `maxBytes`, or as large as the first record. */
function batchBuffer(maxBytes: number) {
  let bytes = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, maxBytes))
  let bounds = new Uint32Array(FIRST_RECORDS * 2)
  let length = 0
  let records = 0

  const reserve = (more: number): void => {
    if (length + more <= bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, length + more))
    bytes.copy(larger, 0, 0, length)
    bytes = larger
  }

  return {
    /** False where the batch is full without it. */
    add(content: Uint8Array | string): boolean {
      const isText = typeof content === 'string'
      const most = isText ? content.length * MAX_BYTES_A_UNIT : content.byteLength
      // Counted exactly only near the limit, so that what a batch holds depends on bytes alone.
      const tight = records > 0 && length + most > maxBytes
      if (tight && length + (isText ? Buffer.byteLength(content) : most) > maxBytes) return false
      reserve(most)
      if (records * 2 === bounds.length) {
        const larger = new Uint32Array(bounds.length * 2)
        larger.set(bounds)
        bounds = larger
      }
      bounds[records * 2] = length
      if (isText) length += bytes.write(content, length)
      else {
        bytes.set(content, length)
        length += content.byteLength
      }
      bounds[records * 2 + 1] = length
      records++
      return true
    },
    content: () => ({ bytes: bytes.subarray(0, length), bounds: bounds.subarray(0, records * 2) }),
  }
}

function check({ seed, count, ratePerSecond }: SimulateOptions): void {
  const refuse = (text: string): never => {
    throw new ConfigError(`simulate: ${text}`, { code: 'SBX_SIMULATE_OPTIONS' })
  }
  if (!Number.isSafeInteger(seed) || seed < 0 || seed > MAX_SEED) {
    refuse(`seed is ${seed}; give a whole number from 0 to ${MAX_SEED}`)
  }
  if (!Number.isSafeInteger(count) || count < 0) {
    refuse(`count is ${count}; give a whole number of at least 0`)
  }
  if (ratePerSecond !== undefined && !(ratePerSecond > 0 && ratePerSecond < Infinity)) {
    refuse(`ratePerSecond is ${ratePerSecond}; give a number above 0`)
  }
}

function restored(position: Json, count: number, node: string): number {
  if (Number.isSafeInteger(position)) {
    const index = position as number
    if (index >= 0 && index <= count) return index
  }
  throw new CheckpointError(
    `its position ${JSON.stringify(position)} is no index from 0 to ${count}: the checkpoint is ` +
      'damaged or was written by another source',
    { code: 'SBX_POSITION_DAMAGED', node },
  )
}
