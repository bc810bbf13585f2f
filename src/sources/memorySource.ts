import { CheckpointError, ConfigError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Source, SourceBatch, SourceContext, SourceReader } from '../core/unit.ts'

export interface MemorySourceOptions {
  /** Value i is in partition i modulo this. @defaultValue 1 */
  readonly partitions?: number
  /** How many records a batch has at most. @defaultValue 1024 */
  readonly batchRecords?: number
}

const DEFAULT_BATCH_RECORDS = 1024

/**
 * Reads a list, for tests and examples. `Uint8Array` values travel as bytes, as Kafka's values do, so
 * they can be decoded, kept raw and quarantined.
 *
 * **Delivery**: the position is how many records of each partition were read; a restart goes on there,
 * as long as the list begins with the same values.
 *
 * @param values - all records, in order; partitions take turns
 * @throws ConfigError `SBX_MEMORY_SOURCE_OPTIONS`; CheckpointError `SBX_POSITION_DAMAGED`
 * @example
 * ```ts
 * const numbers = flow.source('numbers', memorySource([1, 2, 3]))
 * ```
 */
export function memorySource<Out>(
  values: readonly Out[],
  options: MemorySourceOptions = {},
): Source<Out> {
  const { partitions = 1, batchRecords = DEFAULT_BATCH_RECORDS } = options
  for (const [name, value] of Object.entries({ partitions, batchRecords })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new ConfigError(`memorySource: ${name} is ${value}; give a whole number above 0`, {
      code: 'SBX_MEMORY_SOURCE_OPTIONS',
    })
  }
  return Object.freeze<Source<Out>>({
    kind: 'source',
    type: 'memorySource',
    options: { partitions, batchRecords },
    ports: [],
    identity: { kind: 'memory', partitions },
    open: async (context) => reader(values, partitions, batchRecords, context),
  })
}

function reader(
  values: readonly unknown[],
  partitions: number,
  batchRecords: number,
  context: SourceContext,
): SourceReader {
  const read = context.restored
    ? restored(context.restored.inline, partitions, context.node)
    : Array.from({ length: partitions }, () => 0)
  let turn = 0

  const next = (partition: number): SourceBatch | undefined => {
    const done = read[partition] as number
    const offsets: number[] = []
    for (let n = done; offsets.length < batchRecords; n++) {
      const index = partition + n * partitions
      if (index >= values.length) break
      offsets.push(index)
    }
    if (offsets.length === 0) return undefined
    read[partition] = done + offsets.length
    return {
      partition,
      source: `memory/${partition}`,
      ingestedAtMs: context.clock.now(),
      baseOffset: offsets[0] as number,
      offsets: Float64Array.from(offsets),
      ...contentOf(offsets.map((index) => values[index])),
    }
  }

  return {
    read: async () => {
      for (let tries = 0; tries < partitions; tries++) {
        const batch = next(turn)
        turn = (turn + 1) % partitions
        if (batch !== undefined) return batch
      }
      return undefined
    },
    position: () => ({ inline: [...read] }),
    close: async () => {},
  }
}

function contentOf(
  values: readonly unknown[],
): Pick<SourceBatch, 'values' | 'bytes' | 'framing' | 'bounds'> {
  if (!values.every((value) => value instanceof Uint8Array)) return { values }
  const bounds = new Uint32Array(values.length * 2)
  let end = 0
  for (const [index, value] of values.entries()) {
    bounds[index * 2] = end
    end += value.byteLength
    bounds[index * 2 + 1] = end
  }
  return { bytes: Buffer.concat(values), framing: 'bounds', bounds }
}

function restored(position: Json, partitions: number, node: string): number[] {
  const isSound =
    Array.isArray(position) &&
    position.length === partitions &&
    position.every((count) => Number.isSafeInteger(count) && count >= 0)
  if (isSound) return [...(position as number[])]
  throw new CheckpointError(
    `its position ${JSON.stringify(position)} is no list of ${partitions} counts: the checkpoint is ` +
      'damaged or was written by another source',
    { code: 'SBX_POSITION_DAMAGED', node },
  )
}
